"""Cameras in, boxes and evidence pictures out over MQTT."""
