"""The README in Chinese says no less than the one in English: the same commands, settings and ways on."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGLISH, CHINESE = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md"))


def test_both_lead_to_the_same_places() -> None:
    def ways(text: str) -> set[str]:
        found = set(re.findall(r"\]\(([^)]+)\)", text)) - {"README.md", "README.zh-CN.md"}
        return {re.sub(r"-(en|zh)\.png$", ".png", way) for way in found}

    assert ways(ENGLISH) <= ways(CHINESE)


def test_both_have_the_same_commands() -> None:
    def commands(text: str) -> list[str]:
        blocks = "".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
        return [line.partition("#")[0].strip() for line in blocks.splitlines() if line.strip()]

    assert commands(ENGLISH) == commands(CHINESE)


def test_each_leads_to_the_other() -> None:
    assert "(README.zh-CN.md)" in ENGLISH
    assert "(README.md)" in CHINESE
