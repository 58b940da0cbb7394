"""Cases: what is dispatched and followed to a verified end. Pure: the time comes as an argument."""
