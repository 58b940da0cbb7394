"""The demo city and the instant at which it comes to life in, the console's guided tour out: what happens, what to try.

It tells of the first round of incidents, of what the cameras see and of the citizens; the words are the demo's, the
alerts are found in the console like any others.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.demo.citizens import victims_of
from hub.demo.incidents import Kind, round_of

Document = dict[str, Any]

# kind -> rule, titles and what to look at; {where} is the grid's name.
_INCIDENTS: Mapping[Kind, tuple[str, tuple[str, str], tuple[str, str]]] = {
    Kind.LAMP_OUT: (
        "streetlight.lamp_out",
        ("隧道里一盏灯灭了", "A lamp in a tunnel goes out"),
        (
            "{where}：灯应亮而功率接近零，持续一段时间才判定，不因一次读数报警。",
            "{where}: it should burn and draws next to nothing. Sure only after a while, never by one reading.",
        ),
    ),
    Kind.BURNING: (
        "streetlight.day_burning",
        ("球场灯无人租用却亮着", "A sports ground's lamp burns for nobody"),
        ("{where}：按排班应熄灭的灯在耗电。", "{where}: by the schedule it should be dark, and it draws power."),
    ),
    Kind.TURBID: (
        "water.quality",
        ("供水浊度超标", "Water turns turbid"),
        (
            "{where}：打开告警看曲线，阈值画在上面。",
            "{where}: open the alert and see the curve, with the threshold drawn into it.",
        ),
    ),
    Kind.CIRCUIT_OUT: (
        "streetlight.circuit_out",
        ("整条隧道回路断电", "A whole tunnel circuit loses power"),
        (
            "{where}：24 盏灯同时灭，告警板上只有一行，其余记作“+N 伴随”。",
            "{where}: 24 lamps go dark at once, and the board shows one row; the rest count as symptoms.",
        ),
    ),
    Kind.SILENT: (
        "device.silent",
        ("一个供水监测点失联", "A water sensor falls silent"),
        (
            "{where}：没有消息也是消息，它的其他告警会注明数据已陈旧。",
            "{where}: no news is news, and what it said before is marked as stale.",
        ),
    ),
    Kind.BURST: (
        "water.burst",
        ("供水爆管", "A water main bursts"),
        (
            "{where}：压力骤降而流量陡增，两者同时才算爆管。",
            "{where}: pressure falls while flow leaps; only both together are a burst.",
        ),
    ),
    Kind.FLOOD: (
        "drainage.level",
        ("排水液位过高", "A drain fills up"),
        (
            "{where}：液位越过警戒值，严重程度随之升级。",
            "{where}: the level passes its mark, and severity rises with it.",
        ),
    ),
    Kind.LEAK: (
        "gas.leak",
        ("燃气泄漏", "Gas leaks"),
        (
            "{where}：最紧急的一条。确认它，声音才会停。",
            "{where}: the most urgent one. It sounds until somebody acknowledges it.",
        ),
    ),
}
# id, second of the story, rule, camera, titles, texts
_SEEN: tuple[tuple[str, float, str, str, tuple[str, str], tuple[str, str]], ...] = (
    (
        "parking",
        20.0,
        "parking.illegal",
        "cam-01",
        ("一辆车停进禁停区", "A car stops where none may"),
        (
            "告警带前后两张证据图，框出车辆，附哈希与校验。",
            "The alert has pictures of before and after with the car in its box, each with its hash.",
        ),
    ),
    (
        "stall",
        20.0,
        "stall.unlicensed",
        "cam-02",
        ("餐车在禁摆路段摆摊", "A food cart sets up where it may not"),
        (
            "市民也会举报同一辆餐车：看“市民上报”里的重复提示。",
            "A citizen reports the same cart: the page Reports says so.",
        ),
    ),
    (
        "camera",
        60.0,
        "camera.lost",
        "cam-04",
        ("一路摄像机断线", "A camera's line fails"),
        (
            "约一分钟后自行恢复，视频墙上会变灰并说明原因。",
            "Its tile turns grey and says why; it comes back by itself.",
        ),
    ),
)
# id, titles, texts, page, scope, types of feed items
_TASKS: tuple[tuple[str, tuple[str, str], tuple[str, str], str | None, str, list[str]], ...] = (
    (
        "acknowledge",
        ("确认一条告警", "Acknowledge an alert"),
        (
            "在告警板上按 J 选中，按 A 确认；按 ? 看全部快捷键。",
            "On the board, J chooses and A acknowledges; ? shows every key.",
        ),
        "/board",
        "alerts:write",
        ["alert.acknowledged"],
    ),
    (
        "dispatch",
        ("立案并派遣", "File a case and dispatch it"),
        (
            "选中告警按 D：系统按派遣方案提出部门和时限，并说明理由。",
            "Choose an alert and press D: the plan proposes whom to send and by when, and says why.",
        ),
        "/board",
        "cases:dispatch",
        ["case.dispatched"],
    ),
    (
        "report-done",
        ("接单并报处置完成", "Take it and report it done"),
        (
            "部门的待办页为手机而做：接单，拍照，报完成。",
            "The department's inbox is made for a phone: take it, take a photo, report it done.",
        ),
        "/inbox",
        "cases:handle",
        ["case.reported_done"],
    ),
    (
        "verify",
        ("核查、返工或结案", "Verify it, send it back, or close it"),
        (
            "在案件页核查；不合格就返工，合格就结案，再由监督员评价。",
            "On the case's page: send back what is not well done, close what is, and let the supervisor evaluate.",
        ),
        "/cases",
        "cases:dispatch",
        ["case.verified", "case.reworked", "case.closed"],
    ),
    (
        "reports",
        ("看市民上报", "See what citizens report"),
        (
            "可能的重复已列出：并入已有告警或案件，或者新建案件。",
            "Likely duplicates are proposed: join them to an alert or a case, or collect a new one.",
        ),
        "/reports",
        "reports:read",
        [],
    ),
    (
        "map",
        ("在地图上找到它", "Find it on the map"),
        ("网格、设备、摄像机和事件都在。", "Grids, devices, cameras and incidents, live."),
        "/map",
        "city:read",
        [],
    ),
    (
        "cameras",
        ("看视频墙并画区域", "Look at the cameras, and draw a zone"),
        (
            "打开一路摄像机，“编辑区域”后几秒生效。",
            "Open a camera and edit its zones: what is saved holds within seconds.",
        ),
        "/cameras",
        "evidence:read",
        [],
    ),
    (
        "streetlights",
        ("看路灯回路", "See the streetlights"),
        ("哪些灯亮着、哪些该亮。", "What burns, and what should."),
        "/streetlights",
        "city:read",
        [],
    ),
    (
        "health",
        ("看告警系统自身的健康", "See how the alarm system itself does"),
        (
            "按 ISA-18.2 衡量，每个刷屏来源都能点到它的阈值。",
            "Measured after ISA-18.2; each bad actor leads to its threshold.",
        ),
        "/health",
        "statistics:read",
        [],
    ),
)


def tour_document(city: Document, started_at: datetime) -> Document:
    """Return the tour of the city (as its city.yaml has it) that came to life at `started_at`."""
    return {
        "id": f"demo-{started_at:%Y%m%dT%H%M%S}",
        "title": {"zh": "演示城市导览", "en": "The demo city"},
        "about": {
            "zh": "城市里的事按时发生，告警是系统自己判定的；一切都是虚构。点一条就到它的告警。",
            "en": "Things happen by the clock; the alerts are the hub's own judgement. All of it is invented.",
        },
        "begins_at": started_at.isoformat(),
        "happenings": sorted(_happenings(city, started_at), key=lambda one: str(one["at"])),
        "tasks": [
            {
                "id": f"try-{name}",
                "title": _words(title),
                "text": _words(text),
                "page": page,
                "scope": scope,
                "done_on": types,
            }
            for name, title, text, page, scope, types in _TASKS
        ],
    }


def write_tour(folder: Path, city: Document, started_at: datetime) -> Path:
    """Write the tour into `folder`, and return where it is."""
    path, fresh = tour_path(folder), folder / "tour.json.new"
    fresh.write_text(json.dumps(tour_document(city, started_at), ensure_ascii=False, indent=1), "utf-8")
    return fresh.replace(path)


def tour_path(folder: Path) -> Path:
    """Return where the tour is, or is to be."""
    return folder / "tour.json"


def _happenings(city: Document, started_at: datetime) -> Iterator[Document]:
    grids = {grid["id"]: grid["name"] for grid in city["grids"]}
    homes = {one["id"]: one["grid"] for kind in ("devices", "circuits", "cameras") for one in city[kind]}
    for incident in round_of(victims_of(city), 0):
        rule, title, text = _INCIDENTS[incident.kind]
        where = grids[homes[incident.victim]]
        yield {
            "id": incident.kind.value,
            "title": _words(title),
            "text": _words((text[0].format(where=where), text[1].format(where=where))),
            "at": (started_at + timedelta(seconds=incident.from_s)).isoformat(),
            "rule": rule,
            "subject": incident.victim,
            "camera": None,
        }
    for name, at_s, rule, camera, title, text in _SEEN:
        yield {
            "id": name,
            "title": _words(title),
            "text": _words(text),
            "at": (started_at + timedelta(seconds=at_s)).isoformat(),
            "rule": rule,
            "subject": camera if rule.startswith("camera.") else None,
            "camera": None if rule.startswith("camera.") else camera,
        }


def _words(both: tuple[str, str]) -> Document:
    return {"zh": both[0], "en": both[1]}
