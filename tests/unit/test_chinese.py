"""Every rule, threshold and source says in Chinese what it says in English."""

from pathlib import Path

from detectors.outages import OUTAGES, Outage
from detectors.rules import RULES
from detectors.thresholds import Thresholds, described
from hub.api.routes_operation import rule_documents
from hub.config.chinese import in_chinese, sentences
from hub.tuning.trace import words
from ingest.observation import Quantity

ROOT = Path(__file__).parents[2]


def test_all_that_a_threshold_says_of_itself_has_its_chinese() -> None:
    said = {each.meaning for each in described()} | {each.source for each in described()}
    said |= {str(document["meaning"]) for document in rule_documents(Thresholds())}
    assert sorted(sentence for sentence in said if in_chinese(sentence) is None) == []


def test_nothing_is_kept_for_a_sentence_that_is_gone() -> None:
    said = {each.meaning for each in described()} | {each.source for each in described()}
    said |= {" ".join(str(document["meaning"]).split()) for document in rule_documents(Thresholds())}
    assert sorted(sentences().keys() - said) == []


def test_figures_and_names_of_standards_are_the_same_in_both() -> None:
    for english, said in sentences().items():
        if english.startswith("GB"):
            standard = english.split(",")[0].split(" §")[0].split(":")[0]
            assert standard in said, english


def test_every_rule_says_in_chinese_why_it_raised() -> None:
    words = (ROOT / "hub/console/src/i18n/zh/alert.ts").read_text(encoding="utf-8")
    assert [rule for rule in RULES if f'"alert.why.{rule}":' not in words] == []


def test_every_outage_is_told_in_the_alert_and_in_both_languages_of_the_console() -> None:
    assert set(OUTAGES) == set(Outage)
    for language in ("zh", "en"):
        names = (ROOT / f"hub/console/src/i18n/{language}/alert.ts").read_text(encoding="utf-8")
        assert [one for one in Outage if f'"alert.outage.{one.value}":' not in names] == []


def test_every_quantity_has_its_name_in_the_console_and_in_traces() -> None:
    for language in ("zh", "en"):
        names = (ROOT / f"hub/console/src/i18n/{language}/alert.ts").read_text(encoding="utf-8")
        assert [one for one in Quantity if f'"alert.quantity.{one.value}":' not in names] == []
    assert [one for one in Quantity if words.quantity(one).zh.isascii()] == []
