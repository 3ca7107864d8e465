"""The ranking: what speaks for each option follows from the alert and the versions, and stands in words."""

from datetime import timedelta
from typing import Any

import pytest

from tests.support.deciding import NOON, situation, version
from unshelf.contracts.routing import Share
from unshelf.monitor.decisions.option import CardOption
from unshelf.monitor.decisions.ranking import began_after_release, rank_options
from unshelf.monitor.decisions.situation import Retraining, Situation

LIVE = (version(1, requests=10_000, failed=10), version(2, percent=100, requests=1_000, failed=120))
BACK = (Share(version=1, percent=100),)
PIPELINE = Retraining(kind="pipeline", target="p1", name="train-churn")


def ranked(found: Situation) -> dict[str, CardOption]:
    return {option.name: option for option in rank_options(found)}


def first(**fields: Any) -> str:
    return rank_options(situation(**fields))[0].name


def test_errors_that_began_with_a_release_say_roll_back() -> None:
    found = situation(
        kind="errors_high", severity="critical", advised="replace", versions=LIVE, version=2, before=BACK,
        released_at=NOON - timedelta(hours=3), requests_an_hour=40.0, ratio=2.4,
    )  # fmt: skip
    best = rank_options(found)[0]
    assert (best.name, best.title, best.command, best.verdict) == (
        "rollback", "Roll back to version 1", "unshelf rollback churn", "strong",
    )  # fmt: skip
    said = [reason.say for reason in best.reasons]
    assert "It began 2 hours after the release changed, so the release is a likely cause." in said
    assert "0.1 % of its requests failed, of version 2's 12 %." in said


def test_drifted_inputs_say_train_anew_not_go_back() -> None:
    settled = {"versions": LIVE, "before": BACK, "released_at": NOON - timedelta(days=40)}
    found = ranked(situation(**settled, retrainings=(PIPELINE,), ratio=3.0))
    assert first(**settled, retrainings=(PIPELINE,), ratio=3.0) == "retrain"
    assert found["retrain"].target == "p1"
    assert found["retrain"].score > found["update"].score > found["rollback"].score
    assert first(**settled, ratio=3.0) == "update"


def test_labels_make_the_data_to_train_on_anew_worth_collecting() -> None:
    known, unknown = ranked(situation(ratio=3.0, has_labels=True)), ranked(situation(ratio=3.0))
    assert known["collect"].score > known["update"].score > unknown["collect"].score
    assert (known["collect"].target, known["collect"].version) == ("churn-seen", None)
    assert known["collect"].command == "unshelf data from-predictions churn --labels --since 30d"
    assert "--no-labels" in unknown["collect"].command
    assert (
        ranked(situation(ratio=3.0, has_labels=True, retrainings=(PIPELINE,)))["retrain"].score > known["collect"].score
    )


def test_a_slight_drift_may_be_ignored() -> None:
    settled = {"versions": LIVE[1:], "released_at": NOON - timedelta(days=40), "advised": "ignore"}
    assert first(**settled, ratio=1.1) == "ignore"
    assert ranked(situation(**settled, ratio=1.1, severity="critical"))["ignore"].score < 25


def test_a_model_that_fails_anyway_and_has_nothing_before_is_paused() -> None:
    failing = (version(1, percent=100, requests=500, failed=480),)
    found = {
        "kind": "errors_high",
        "severity": "critical",
        "advised": "pause",
        "versions": failing,
        "requests_an_hour": 3.0,
    }
    assert first(**found) == "pause"
    assert "96 % of its requests fail anyway." in [each.say for each in ranked(situation(**found))["pause"].reasons]
    assert "pause" not in ranked(situation(**found, is_paused=True))


@pytest.mark.parametrize(("rate", "points"), [(0.0, 5), (9.0, -10), (999.0, -30), (1e9, -30)])
def test_the_more_is_asked_the_less_speaks_for_a_pause(rate: float, points: int) -> None:
    reasons = ranked(situation(versions=LIVE, requests_an_hour=rate))["pause"].reasons
    assert points in [reason.points for reason in reasons]


def test_a_newer_version_with_fewer_failures_replaces() -> None:
    versions = (*LIVE, version(3, requests=400, failed=0, aliases=("challenger",)), version(4, is_paused=True))
    found = situation(kind="errors_high", severity="critical", advised="replace", versions=versions, version=2)
    best = rank_options(found)[0]
    assert (best.name, best.version, best.command) == ("replace", 3, "unshelf release churn 3")
    assert "Somebody named it challenger." in [reason.say for reason in best.reasons]


def test_what_is_the_platforms_own_is_repaired() -> None:
    found = rank_options(
        situation(model=None, kind="recording_failing", severity="critical", advised="repair", ratio=None)
    )
    assert [option.name for option in found] == ["repair", "ignore"]
    lost = rank_options(
        situation(kind="predictions_lost", severity="critical", advised="repair", versions=LIVE, before=BACK)
    )
    assert [option.name for option in lost] == ["repair", "ignore"]


def test_what_ended_alone_before_speaks_for_waiting() -> None:
    for ended, said in ((1, "once"), (4, "4 times")):
        reasons = ranked(situation(ended_alone=ended))["ignore"].reasons
        assert f"The same ended {said} in the last month without anybody's doing." in [each.say for each in reasons]


@pytest.mark.parametrize(("hours", "is_after"), [(-2.0, False), (-0.5, True), (0.0, True), (47.0, True), (49.0, False)])
def test_a_problem_soon_after_a_release_comes_from_it(hours: float, is_after: bool) -> None:
    found = situation(released_at=NOON - timedelta(hours=1) - timedelta(hours=hours))
    assert began_after_release(found) is is_after
    assert not began_after_release(situation())


def test_a_release_within_the_window_that_shows_the_problem_is_its_cause() -> None:
    day = {"since": NOON - timedelta(hours=36), "released_at": NOON - timedelta(hours=24), "window": timedelta(days=1)}
    found = situation(kind="outputs_drifted", versions=LIVE, version=2, before=BACK, **day)
    assert began_after_release(found)
    said = [reason.say for reason in rank_options(found)[0].reasons]
    assert "It began as the release changed, so the release is a likely cause." in said
    assert not began_after_release(situation(**{**day, "window": timedelta(hours=1)}))


def test_every_option_has_a_reason_and_they_are_in_order() -> None:
    for kind in (
        "inputs_drifted",
        "outputs_drifted",
        "data_damaged",
        "volume_unusual",
        "errors_high",
        "latency_high",
        "egress_refused",
    ):
        options = rank_options(
            situation(kind=kind, versions=LIVE, before=BACK, retrainings=(PIPELINE,), requests_an_hour=0.0)
        )
        assert [option.score for option in options] == sorted((option.score for option in options), reverse=True)
        assert all(option.reasons and option.effect for option in options)
        assert {option.name for option in options} == {"rollback", "retrain", "update", "pause", "ignore"} | (
            {"collect"} if kind in ("inputs_drifted", "outputs_drifted") else set()
        )


def test_of_a_model_that_runs_elsewhere_nothing_is_offered_that_can_not_be_done_from_here() -> None:
    found = situation(versions=LIVE, before=BACK, kind="errors_high", is_elsewhere=True, retrainings=(PIPELINE,))
    options = ranked(found)
    assert sorted(options) == ["ignore", "retrain", "update"]
    drifted = ranked(situation(versions=LIVE, before=BACK, is_elsewhere=True))
    assert sorted(drifted) == ["collect", "ignore", "update"]
    assert options["update"].command == "unshelf models register churn --example FILE"


def test_damage_in_a_drifted_column_speaks_against_learning_from_it() -> None:
    soon: dict[str, Any] = {
        "versions": LIVE, "before": BACK, "released_at": NOON - timedelta(hours=1), "ratio": 9.9, "has_labels": True,
    }  # fmt: skip
    sound, damaged = ranked(situation(**soon)), ranked(situation(**soon, damaged=("income",)))
    for name in ("collect", "update"):
        assert damaged[name].score < sound[name].score, name
        assert any("income is damaged, too" in reason.say for reason in damaged[name].reasons), name
    assert damaged["rollback"].score == sound["rollback"].score
    assert first(**soon, damaged=("income",)) == "rollback"
