from dataclasses import replace

from detectors.rules import RULES
from hub.alerts.charts import Limit, charts_of, devices_of
from hub.alerts.guidance import GUIDANCE
from tests.support.stored import raised


def test_every_rule_says_what_follows_what_to_do_and_how_soon() -> None:
    assert set(GUIDANCE) == set(RULES)
    for rule, guidance in GUIDANCE.items():
        for words in (guidance.consequence, guidance.action):
            assert any("\u4e00" <= character <= "\u9fff" for character in words.zh), rule
            assert words.en.isascii(), rule
            assert words.en.endswith("."), rule
            assert len(words.en) > 20, rule
        assert 60 <= guidance.respond_within.total_seconds() <= 24 * 3600, rule


def test_what_threatens_life_is_answered_soonest() -> None:
    soonest = min(GUIDANCE, key=lambda rule: GUIDANCE[rule].respond_within)
    assert soonest == "gas.leak"
    assert GUIDANCE["streetlight.lamp_out"].respond_within > GUIDANCE["streetlight.circuit_out"].respond_within


def test_a_threshold_on_the_rise_is_no_line_on_the_level() -> None:
    stands = raised(numbers={"methane_pct_lel": 31.5, "threshold_pct_lel": 25.0}).alert
    rose = raised(numbers={"methane_pct_lel": 12.0, "threshold_pct_lel": 8.0, "rise_pct_lel": 9.0}).alert
    assert charts_of(stands)[0].limits == (Limit("threshold", 25.0),)
    assert charts_of(rose)[0].limits == ()


def test_a_burst_is_drawn_against_what_was_before() -> None:
    numbers = {"before_kpa": 324.0, "fall_kpa": 100.0, "before_l_s": 12.0, "rise_l_s": 8.0}
    pressure, flow = charts_of(raised(rule="water.burst", numbers=numbers).alert)
    assert pressure.limits == (Limit("usual", 324.0), Limit("threshold", 224.0))
    assert flow.limits == (Limit("usual", 12.0), Limit("threshold", 20.0))


def test_an_alert_that_speaks_for_many_shows_some_of_them() -> None:
    alert = replace(raised(rule="streetlight.circuit_out").alert, members=tuple(f"lamp-{n}" for n in range(40)))
    assert devices_of(alert) == tuple(f"lamp-{n}" for n in range(12))
    assert devices_of(raised().alert) == ("gas-1",)
