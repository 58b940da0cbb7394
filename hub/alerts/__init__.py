"""Alert lifecycle, identity, inhibition and flapping: pure."""
