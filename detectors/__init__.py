"""What arrives becomes what it means: readings and detections become findings."""
