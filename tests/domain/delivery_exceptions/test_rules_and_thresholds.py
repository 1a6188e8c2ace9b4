"""The rules as a set: every file is found, every word has its inputs, every threshold can be changed and checked."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import product
from pathlib import Path

import pytest

from carriers.model import Status
from portal.domain.delivery_exceptions.assess import assess, rules, words
from portal.domain.delivery_exceptions.base import Facts, Severity
from portal.domain.delivery_exceptions.registry import feed_rules, shipment_rules
from portal.domain.delivery_exceptions.thresholds import Thresholds
from tests.domain.delivery_exceptions.stories import at, judge, parcel, scan, vip

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "portal/domain/delivery_exceptions/rules"
CONFIG = ROOT / "config/exceptions.toml"


def test_every_rule_file_is_registered_under_the_number_in_its_name() -> None:
    files = {path.stem for path in FOLDER.glob("r*.py")}
    assert {f"{rule.id.lower()}_{rule.name}" for rule in rules().values()} == files
    expected = {1, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 29}
    assert {int(rule.id[1:]) for rule in rules().values()} >= expected
    assert {rule.id for rule in feed_rules()} == {"R29", "R32"}
    assert len(shipment_rules()) + len(feed_rules()) == len(rules())


def test_rule_files_stay_short() -> None:
    assert {path.name: n for path in FOLDER.glob("*.py") if (n := len(path.read_text().splitlines())) > 60} == {}


def test_suppressors_exist() -> None:
    assert {by for rule in rules().values() for by in rule.suppressed_by} <= set(rules())


def test_the_file_in_config_says_what_the_rules_say() -> None:
    data = tomllib.loads(CONFIG.read_text())
    assert Thresholds.from_mapping(data) == Thresholds.standard()
    assert set(data) == {*rules(), "history"}


HUB = scan("10-05 14:00", Status.IN_TRANSIT)
CODES = [f"Exception_{n:03}" for n in range(1, 22)] + ["InTransit_006"]
STORIES = [
    parcel(scan("10-05 08:00", Status.INFO_RECEIVED)),
    parcel(number_valid=False),
    parcel(
        HUB,
        promised_on=at("10-06 12:00").date(),
        eta_first=at("10-06 12:00").date(),
        eta_latest=at("10-12 12:00").date(),
    ),
    parcel(HUB, destination_country="CH"),
    parcel(HUB, scan("10-06 08:00", Status.OUT_FOR_DELIVERY)),
    parcel(HUB, scan("10-06 08:00", Status.ATTEMPT_FAIL)),
    parcel(HUB, scan("10-06 08:00", Status.AVAILABLE_FOR_PICKUP)),
    *(parcel(HUB, scan("10-06 08:00", Status.EXCEPTION, code)) for code in CODES),
]


@pytest.mark.parametrize("story", STORIES)
def test_every_finding_can_be_told_to_staff_and_shopper_and_stored(story: Facts) -> None:
    for facts, now in product((story, vip(story)), ("10-06 09:00", "10-09 09:00", "10-30 09:00")):
        assessment = judge(facts, now)
        for finding in (*assessment.findings, *(one.finding for one in assessment.suppressed)):
            said = words(finding.message_key)
            assert said.staff % finding.inputs
            assert said.shopper % finding.inputs
            json.dumps([dict(finding.inputs), dict(finding.limits)], allow_nan=False)
            assert finding.since <= at(now)
            assert finding.fires_at <= at(now)


def test_words_name_their_placeholders() -> None:
    texts = [
        text
        for rule in rules().values()
        for w in (rule.words, *rule.variants.values())
        for text in (w.staff, w.shopper)
    ]
    for text in filter(None, texts):  # some are for staff's eyes only
        assert text.endswith((".", "?"))
        assert not re.search(r"%(?!\(\w+\)s)", text), text


def test_an_old_variant_falls_back_to_the_rules_words() -> None:
    assert words("R08.no_longer_there") == words("R08")
    with pytest.raises(KeyError):
        words("R99")


def test_the_moment_to_look_again_is_the_moment_something_changes() -> None:
    facts = parcel(HUB, promised_on=at("10-07 12:00").date())
    now, seen = at("10-05 15:00"), []
    while (moment := assess(facts, Thresholds.standard(), now).next_check_at) is not None:
        before = assess(facts, Thresholds.standard(), now)
        after = assess(facts, Thresholds.standard(), moment)
        kinds = [
            {(f.rule, f.severity) for f in (*a.findings, *(s.finding for s in a.suppressed))} for a in (before, after)
        ]
        assert kinds[0] != kinds[1]
        seen.append(moment)
        now = moment
    assert seen == [at("10-08 00:00"), at("10-08 14:00"), at("10-13 14:00"), at("10-19 14:00")]


def test_a_shop_changes_single_thresholds_and_switches_rules_off() -> None:
    changed = Thresholds.standard().merged({"R05": {"normal": {"business_days": 1}}, "R01": {"enabled": False}})
    assert changed.of("R05", vip=False) == {"business_days": 1}
    assert changed.of("R05", vip=True) == {"business_days": 2}
    assert changed.of("R01", vip=False) is None
    assert [f.rule for f in assess(parcel(HUB), changed, at("10-06 14:01")).findings] == ["R05"]
    assert assess(parcel(scan("10-05 08:00", Status.INFO_RECEIVED)), changed, at("10-20 08:00")).findings == ()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"R99": {}}, "R99: no such rule"),
        ({"R05": 3}, "R05: must be a table"),
        ({"R05": {"business_days": 3}}, "R05.business_days: not known here"),
        ({"R05": {"normal": {"days": 3}}}, "R05.normal.days: no such threshold"),
        ({"R05": {"normal": {"business_days": "3"}}}, "R05.normal.business_days: must be a number"),
        ({"R05": {"vip": {"business_days": True}}}, "R05.vip.business_days: must be a number"),
        ({"R05": {"normal": {"business_days": -1}}}, "R05.normal.business_days: must not be negative"),
        ({"R05": {"normal": {"business_days": float("nan")}}}, "must not be negative or beyond reason"),
        ({"R05": {"normal": []}}, "R05.normal: must be a table"),
        ({"R05": {"enabled": "no"}}, "R05.enabled: must be true or false"),
        ({"R08": {"vip": {"predicted": 1}}}, "R08.vip.predicted: must be true or false"),
        ({"R10": {"normal": {"first_severity": "awful"}}}, "R10.normal.first_severity: must be one of"),
        ({"history": {"days": "old"}}, "history.days: must be a number"),
    ],
)
def test_a_wrong_threshold_is_refused_by_name(data: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        Thresholds.from_mapping(data)


def test_severities_grow() -> None:
    points = [Severity(word).points for word in ("system", "low", "medium", "high", "critical")]
    assert points == [0, 10, 30, 60, 90]
