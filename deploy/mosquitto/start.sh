#!/bin/sh
# Turn the passwords of the environment into Mosquitto's hashed file, then become the broker.
# MQTT_DEVICES is a list "name:password name:password"; devices of any number are better kept in a file that
# MQTT_DEVICES_FILE names, one "name:password" a line.
set -eu
umask 077
passwords=${MQTT_PASSWORDS:-/tmp/passwords}
config=${MQTT_CONFIG:-/mosquitto/config/mosquitto.conf}

: "${MQTT_HUB_PASSWORD:?is not set: see deploy/.env.example}"
: "${MQTT_VISION_PASSWORD:?is not set: see deploy/.env.example}"

{
	printf 'hub:%s\n' "$MQTT_HUB_PASSWORD"
	printf 'vision:%s\n' "$MQTT_VISION_PASSWORD"
	for device in ${MQTT_DEVICES:-}; do printf '%s\n' "$device"; done
	if [ -n "${MQTT_DEVICES_FILE:-}" ]; then cat "$MQTT_DEVICES_FILE"; fi
} >"$passwords"

# It warns that the file is not root's; the broker, which must read it, is not root either.
mosquitto_passwd -U "$passwords" 2>/dev/null

unset MQTT_HUB_PASSWORD MQTT_VISION_PASSWORD MQTT_DEVICES
exec mosquitto -c "$config"
