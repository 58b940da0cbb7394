"""What is done about it: alerts, store, dispatch, API."""
