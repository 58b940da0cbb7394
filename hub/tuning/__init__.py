"""Replay: recorded observations judged again."""
