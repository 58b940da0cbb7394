"""What the logs show: one JSON object a line with its role, from every thread, and never a credential."""

from __future__ import annotations

import json
import subprocess
import sys

SPEAKER = """
import logging, threading
from hub.log import configure, logger

configure(level="info", form="json", role="ingest")
log = logger("part")
log.info("connecting to rtsp://viewer:geheim@10.0.0.9/1", address="mqtts://hub:geheim@broker:8883")
log.error("refused", problems=["city.yaml:3: rtsp://viewer:geheim@10.0.0.9/1"], token="lq_geheim-geheim-geheim")
thread = threading.Thread(target=lambda: log.info("from a thread"))
thread.start()
thread.join()
logging.getLogger("detectors.vision").warning("cannot open tcp://viewer:geheim@10.0.0.9")
try:
    raise ValueError("postgresql://hub:geheim@db/lianqin")
except ValueError:
    log.exception("failed")
"""


def test_logs_are_json_lines_with_their_role_and_without_secrets() -> None:
    spoken = subprocess.run([sys.executable, "-c", SPEAKER], capture_output=True, text=True, timeout=60, check=True)
    lines = [json.loads(line) for line in spoken.stderr.splitlines()]
    assert [line["role"] for line in lines] == ["ingest"] * 5
    assert lines[0]["address"] == "mqtts://…@broker:8883"
    assert "10.0.0.9" in lines[3]["event"]
    assert "ValueError" in lines[4]["exception"]
    assert "geheim" not in spoken.stderr
    assert spoken.stdout == ""
