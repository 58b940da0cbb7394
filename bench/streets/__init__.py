"""Rendered streets whose truth is known: what the whole way from picture to alert finds there, and what it misses."""
