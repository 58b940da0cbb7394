"""Make ready what the tests' real servers need, with progress shown: run before pytest, which would hide it."""

import os
import sys

from tests.support import compose
from tests.support.availability import Unavailable
from tests.support.chromium import chromium
from tests.support.trixie import cache_folder, rtsp_root


def main() -> int:
    """Say where the servers and the browser will come from; without any source this is no error."""
    _servers()
    try:
        print(f"The browser: {chromium(quiet=False)}")
    except Unavailable as error:
        print(f"The browser: none here. Tests of the console in it will be skipped; they need {error}.")
    return 0


def _servers() -> None:
    if os.environ.get("LIANQIN_TEST_DATABASE_URL") and os.environ.get("LIANQIN_TEST_MQTT_URL"):
        print("Real servers: the ones that LIANQIN_TEST_DATABASE_URL and LIANQIN_TEST_MQTT_URL name.")
        return
    if compose.engine_answers():
        print("Real servers: TimescaleDB and Mosquitto by Docker Compose.")
        return
    try:
        print(f"Real servers: a private Debian folder below {cache_folder()} (made once: 40 s, 750 MB).", flush=True)
        rtsp_root(quiet=False)
    except Unavailable as error:
        print(f"Real servers: none here. Tests of TimescaleDB and Mosquitto will be skipped; they need {error}.")


if __name__ == "__main__":
    sys.exit(main())
