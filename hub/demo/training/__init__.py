"""Rendered scenes in, the demo's small YOLO model and its figures out."""
