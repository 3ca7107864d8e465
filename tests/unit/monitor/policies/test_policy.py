"""A policy: what it is about, and what can be none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.support.alerting import drift
from tests.support.deciding import NOON
from unshelf.contracts.errors import InvalidInput
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.life import Life, extent_of
from unshelf.monitor.policies.policy import AlertPolicy, PolicyOrder, check_policy

POLICY = AlertPolicy(
    id="p", name="back", project="risk", model=None, kinds=("errors_high",), severity="critical", act="rollback", start_kind=None,
    start_target=None, hours=24, created_at=NOON, created_by="ana", actor_id="id-ana",
)  # fmt: skip
FINDING = Finding(
    kind="errors_high",
    model="churn",
    severity="critical",
    summary="It fails.",
    evidence={},
    action="replace",
    advice="",
)
ALERT = Alert(id="a", finding=FINDING, raised_at=NOON, seen_at=NOON)
IGNORED = Life(ignored=extent_of("critical", "", drift()))


@pytest.mark.parametrize(
    ("policy", "alert", "project", "answers"),
    [
        (POLICY, ALERT, "risk", True),
        (POLICY, ALERT, "clinic", False),
        (replace(POLICY, model="churn", project="old"), ALERT, "risk", True),
        (replace(POLICY, model="iris"), ALERT, "risk", False),
        (replace(POLICY, kinds=("inputs_drifted",)), ALERT, "risk", False),
        (POLICY, replace(ALERT, finding=replace(FINDING, severity="warning")), "risk", False),
        (
            replace(POLICY, severity="warning"),
            replace(ALERT, finding=replace(FINDING, severity="warning")),
            "risk",
            True,
        ),
        (POLICY, replace(ALERT, finding=replace(FINDING, model=None)), "risk", False),
        (POLICY, replace(ALERT, raised_at=NOON - timedelta(seconds=1)), "risk", False),
        (POLICY, replace(ALERT, resolved_at=NOON), "risk", False),
        (POLICY, replace(ALERT, life=Life(snoozed_until=NOON)), "risk", False),
        (POLICY, replace(ALERT, life=IGNORED), "risk", False),
    ],
)
def test_a_policy_answers_new_alerts_of_its_kinds(
    policy: AlertPolicy, alert: Alert, project: str, answers: bool
) -> None:
    assert policy.answers(alert, project) is answers


USUAL: dict[str, Any] = {"name": "back", "model": "churn", "kinds": ("errors_high",), "act": "rollback"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": "risk"}, {"model": None}, {"kinds": ()}, {"kinds": ("x" * 65,)}, {"act": "start"},
        {"start_kind": "job", "start_target": "j"}, {"act": "start", "start_kind": "job"}, {"hours": 0},
    ],
)  # fmt: skip
def test_what_can_be_no_policy_is_refused(wrong: dict[str, Any]) -> None:
    check_policy(PolicyOrder(**USUAL))
    with pytest.raises(InvalidInput):
        check_policy(PolicyOrder(**{**USUAL, **wrong}))
