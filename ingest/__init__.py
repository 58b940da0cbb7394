"""What arrives: MQTT messages become readings, statuses and detections."""
