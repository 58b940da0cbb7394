"""The ceiling: paho receives at QoS 1 and acknowledges by hand, and does nothing else.

`python -m bench.bare HOST PORT COUNT` says "ready" once subscribed and then, after COUNT messages, when that was.
"""

from __future__ import annotations

import sys
import time

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

WINDOW = 4000  # as the hub's own


def main() -> None:
    host, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    left = count

    def arrived(client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        nonlocal left
        client.ack(message.mid, message.qos)
        left -= 1
        if not left:
            print(time.monotonic(), flush=True)
            client.disconnect()

    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-bare", protocol=mqtt.MQTTv5, manual_ack=True)
    client.on_connect = lambda *_: client.subscribe("city/#", qos=1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.on_message = arrived
    properties = Properties(PacketTypes.CONNECT)
    properties.ReceiveMaximum = WINDOW
    client.connect(host, port, clean_start=True, properties=properties)
    client.loop_forever()


if __name__ == "__main__":
    main()
