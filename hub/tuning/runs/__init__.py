"""Runs: pieces of work of the tuning role, queued by the API and the command line."""
