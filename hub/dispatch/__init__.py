"""The feed that the dispatch system consumes."""
