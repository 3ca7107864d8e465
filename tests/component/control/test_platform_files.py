"""An installation as a file, against the real API: exported from one, applied to an empty one, applied again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from tests.support.in_process import InProcessControl, in_process_control
from unshelf.client.errors import from_problem
from unshelf.client.http import Http
from unshelf.client.operations.platform.plan import carry_out, checked, exported, plan
from unshelf.client.operations.platform.toml_text import read_document, written
from unshelf.contracts.errors import UnshelfError

FILE = """
[[users]]
name = "ada"
full_name = "Ada Lovelace"
email = "ada@example.org"

[[users]]
name = "bob"

[[groups]]
name = "validators"
description = "They look twice."
members = ["ada", "bob"]

[[projects]]
name = "risk"
title = "Credit risk"
priority = "high"

[[members]]
on = "project:risk"
kind = "group"
name = "validators"
role = "contributor"

[[members]]
on = "installation"
kind = "user"
name = "ada"
role = "auditor"

[[tiers]]
name = "medium"
price = 0.25
restricted = true

[[tier_rights]]
tier = "medium"
kind = "group"
name = "validators"

[[quotas]]
account = "project"
name = "risk"
cores = 4.0
replicas = 7

[[prices]]
resource = "cpu_hour"
price = 0.04

[[budgets]]
project = "risk"
amount = 500.0
thresholds = [50, 90]
stops = "jobs"

[[goals]]
project = "risk"
title = "Fewer missed defaults"
description = "By the spring.\\n\\nOf *all* lenders."
owner = "ada"
due = "2027-03-31"
metric = "recall"
target = 0.9
worth = "€ 200,000 a year"

[[goals]]
project = "risk"
title = "Nobody's yet"

[[tags]]
on = "project:risk"
tag = "regulated"

[[tags]]
on = "project:risk"
tag = "eu.retail"

[[properties]]
on = "project:risk"
name = "reviewed"
type = "date"
value = "2026-11-30"

[[properties]]
on = "project:risk"
name = "lenders"
value = 12

[[properties]]
on = "project:risk"
name = "public"
value = false

[[support]]
on = "project:risk"
level = "critical"
escalate_after = 60
owner = {kind = "user", name = "ada"}

[[webhooks]]
project = "risk"
url = "https://chat.example.org/hook"
format = "slack"
kinds = ["alert.raised"]

[[alert_policies]]
on = "project:risk"
name = "stop it"
kinds = ["errors_high"]
act = "pause"
hours = 4
"""

METRICS = """
[[metrics]]
model = "iris"
name = "lost"
function = "lost"
description = "Money that was lost"
better = "lower"
code = '''
def lost(truth, prediction, rows):
    "Return 'all' \\\\ of it."
    return 1
'''
"""


@dataclass
class Api:
    """The client's connection, to a control in this process."""

    client: httpx.Client

    def get(self, path: str, **params: Any) -> Any:
        return self._answer(self.client.get(path, params={k: v for k, v in params.items() if v is not None}))

    def send(self, method: str, path: str, body: Any = None) -> Any:
        return self._answer(self.client.request(method, path, json=body))

    def _answer(self, answer: httpx.Response) -> Any:
        if not answer.is_success:
            raise from_problem(answer.status_code, answer.json())
        return answer.json() if answer.content else None


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Http]:
    with in_process_control(tmp_path / "one") as running:
        yield api(running)


def api(control: InProcessControl) -> Http:
    return cast(Http, Api(control.http))


def apply(http: Http, document: dict[str, Any], *, prune: bool = False) -> None:
    outcomes = list(carry_out(http, plan(http, checked(document), prune=prune)))
    assert [(each.step.name, each.problem) for each in outcomes if each.problem] == []


def test_what_is_exported_from_one_makes_an_empty_one_the_same_and_twice_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "platform.toml").write_text(FILE)
    document = read_document(tmp_path / "platform.toml")
    with in_process_control(tmp_path / "one") as running:
        one = api(running)
        assert len(plan(one, checked(document))) == sum(map(len, document.values())), "nothing is there yet"
        apply(one, document)
        assert plan(one, document) == []
        first = exported(one)
    assert set(document) <= set(first)
    (tmp_path / "exported.toml").write_text(written(first))
    again = read_document(tmp_path / "exported.toml")
    assert again == first
    with in_process_control(tmp_path / "two") as running:
        two = api(running)
        apply(two, again)
        assert exported(two) == first
        assert plan(two, again, prune=True) == []


def test_drift_is_shown_and_mended_and_only_prune_removes(control: Http, tmp_path: Path) -> None:
    (tmp_path / "platform.toml").write_text(FILE)
    document = read_document(tmp_path / "platform.toml")
    apply(control, document)
    control.send("PATCH", "/api/v1/projects/risk", {"title": "Other"})
    control.send("DELETE", "/api/v1/groups/validators/members/bob")
    control.send("PUT", "/api/v1/budgets/default", {"amount": 3})
    steps = plan(control, document)
    assert {step.name: step.changes for step in steps} == {
        "groups validators": {"members": (["ada"], ["ada", "bob"])},
        "projects risk": {"title": ("Other", "Credit risk")},
    }
    assert [(step.act, step.name) for step in plan(control, document, prune=True) if step.act == "remove"] == [
        ("remove", "budgets default")
    ]
    apply(control, document, prune=True)
    assert plan(control, document, prune=True) == []


def test_goals_tags_and_properties_that_drift_are_mended_and_goals_are_closed_not_lost(
    control: Http, tmp_path: Path
) -> None:
    (tmp_path / "platform.toml").write_text(FILE)
    document = read_document(tmp_path / "platform.toml")
    apply(control, document)
    goals = {each["title"]: each for each in control.get("/api/v1/projects/risk/goals")["goals"]}
    control.send("PATCH", f"/api/v1/projects/risk/goals/{goals['Fewer missed defaults']['id']}", {"target": 0.5})
    control.send("POST", "/api/v1/projects/risk/goals", {"title": "Another"})
    control.send("PUT", "/api/v1/subjects/project/risk/properties/reviewed", {"value": "2026-01-01", "type": "date"})
    control.send("PUT", "/api/v1/subjects/project/risk/properties/lenders", {"value": "twelve"})
    control.send("DELETE", "/api/v1/subjects/project/risk/tags/regulated")
    control.send("PUT", "/api/v1/subjects/project/risk/tags/mine")
    steps = [step for step in plan(control, document, prune=True) if step.wanted.get("name") != "default"]
    assert [
        (step.act, step.name, step.changes) for step in steps if step.kind.name in ("goals", "tags", "properties")
    ] == [
        ("change", "goals risk Fewer missed defaults", {"target": (0.5, 0.9)}),
        ("create", "tags project:risk regulated", {}),
        ("change", "properties project:risk reviewed", {"value": ("2026-01-01", "2026-11-30")}),
        ("change", "properties project:risk lenders", {"value": ("twelve", 12)}),
        ("remove", "tags project:risk mine", {}),
        ("remove", "goals risk Another", {}),
    ]
    apply(control, document, prune=True)
    assert plan(control, document, prune=True) == []
    closed = control.get("/api/v1/projects/risk/goals", closed="true")["goals"]
    assert [each["title"] for each in closed] == ["Another"]
    again = {"goals": [*document["goals"], {"project": "risk", "title": "Another", "closed": False}]}
    apply(control, again)
    assert control.get("/api/v1/projects/risk/goals", closed="true")["goals"] == []


SIGNATURE = {
    "inputs": {
        "kind": "columns",
        "columns": [{"name": "id", "type": "string"}, {"name": "region", "type": "string"}, {"name": "a", "type": "float64"}],
    },
    "outputs": {"kind": "columns", "columns": [{"name": "score", "type": "float64"}]},
}  # fmt: skip


def test_roles_of_columns_that_were_set_or_taken_away_are_the_same_in_another_installation(tmp_path: Path) -> None:
    model = {"name": "churn", "signature": SIGNATURE}
    with in_process_control(tmp_path / "one") as running:
        one = api(running)
        one.send("POST", "/api/v1/models", model)
        assert "columns" not in exported(one), "what is inferred is in no file"
        one.send("PATCH", "/api/v1/models/churn/columns", {"key": "id", "slices": ["region"], "prediction": None})
        (found,) = exported(one, ["columns"])["columns"]
    assert found == {"model": "churn", "key": "id", "slices": ["region"], "without": ["prediction"]}
    document = {"columns": [found]}
    with in_process_control(tmp_path / "two") as running:
        two = api(running)
        (missing,) = plan(two, checked(document))
        assert missing.act == "missing" and "deploy churn" in missing.remedy
        two.send("POST", "/api/v1/models", model)
        apply(two, document)
        assert plan(two, document) == []
        assert written(exported(two, ["columns"])) == written(document)
        roles = two.get("/api/v1/models/churn/columns")
        assert (roles["key"], roles["slices"], roles["prediction"]) == ("id", ["region"], None)


def test_metrics_of_your_own_are_made_changed_and_the_same_in_another_installation(tmp_path: Path) -> None:
    (tmp_path / "platform.toml").write_text(METRICS)
    document = read_document(tmp_path / "platform.toml")
    with in_process_control(tmp_path / "one") as running:
        one, at = api(running), "/api/v1/models/iris/quality/metrics/lost"
        (early,) = carry_out(one, plan(one, checked(document)))
        assert "iris" in early.problem, "the next apply makes it"
        running.deploy("iris")
        assert [(step.act, step.name) for step in plan(one, checked(document))] == [("create", "metrics iris lost")]
        apply(one, document)
        assert plan(one, document) == []
        made = one.get(at)
        assert (made["function"], made["better"], made["tier"]) == ("lost", "lower", "small")
        assert [version["code"] for version in made["versions"]] == [document["metrics"][0]["code"]]
        first = exported(one, ["metrics"])
        one.send("PUT", at, {"code": "def lost(truth, prediction, rows):\n    return 2\n", "better": "higher"})
        (step,) = plan(one, checked(document))
        assert (step.act, set(step.changes)) == ("change", {"code", "better", "description"})
        apply(one, document)
        assert exported(one, ["metrics"]) == first
        assert plan(one, document) == []
    (tmp_path / "exported.toml").write_text(written(first))
    again = read_document(tmp_path / "exported.toml")
    with in_process_control(tmp_path / "two") as running:
        two = api(running)
        running.deploy("iris")
        apply(two, again)
        assert written(exported(two, ["metrics"])) == written(first)
        assert two.get(at)["function"] == "lost"
        other = {**again["metrics"][0], "name": "found", "code": "def found(truth, prediction, rows):\n    return 1\n"}
        del other["function"]
        apply(two, {"metrics": [other]}, prune=True)
        assert [each["name"] for each in exported(two, ["metrics"])["metrics"]] == ["found"]


def test_what_is_tied_to_goals_is_the_same_in_another_installation(tmp_path: Path) -> None:
    goals = [{"project": "default", "title": "Fewer losses"}, {"project": "default", "title": "More gains"}]
    tie = {"project": "default", "goal": "Fewer losses"}
    ties = [{**tie, "kind": "release", "name": "iris"}, {**tie, "kind": "version", "name": "iris:1"}]
    document = {"goals": goals, "goal_ties": ties}
    with in_process_control(tmp_path / "one") as running:
        one = api(running)
        outcomes = list(carry_out(one, plan(one, checked(document))))
        assert [bool(each.problem) for each in outcomes] == [False, False, True, True], "the model is not there yet"
        running.deploy("iris")
        apply(one, document)
        assert plan(one, document) == []
        found = exported(one, ["goals", "goal_ties"])
    assert found["goal_ties"] == ties
    with in_process_control(tmp_path / "two") as running:
        two = api(running)
        running.deploy("iris")
        apply(two, found)
        assert written(exported(two, ["goals", "goal_ties"])) == written(found)
        fewer = {"goals": goals, "goal_ties": ties[:1]}
        assert [step.name for step in plan(two, fewer, prune=True)] == ["goal_ties default Fewer losses version iris:1"]
        apply(two, fewer, prune=True)
        (goal,) = (each for each in two.get("/api/v1/projects/default/goals")["goals"] if each["ties"])
        assert [each["kind"] for each in goal["ties"]] == ["release"]
        (step,) = carry_out(two, plan(two, checked({"goal_ties": [{**ties[0], "goal": "Nobody's"}]})))
        assert "no goal" in step.problem


def test_of_goals_with_one_title_the_newest_open_one_is_meant(control: Http) -> None:
    goal = {"project": "default", "title": "Twice", "target": 1.0}
    for target in (1.0, 2.0, 3.0):
        made = control.send("POST", "/api/v1/projects/default/goals", {"title": "Twice", "target": target})
    control.send("PATCH", f"/api/v1/projects/default/goals/{made['id']}", {"closed": True})
    (found,) = exported(control, ["goals"])["goals"]
    assert found["target"] == 2.0
    (step,) = plan(control, checked({"goals": [goal]}))
    assert step.changes == {"target": (2.0, 1.0)}


def test_an_owner_of_a_goal_that_is_nobody_is_refused_before_anything_is_changed(control: Http) -> None:
    document = {"goals": [{"project": "default", "title": "Ours", "owner": "nobody"}]}
    with pytest.raises(UnshelfError, match="there is no user 'nobody'"):
        plan(control, checked(document))


def test_steps_that_can_not_be_done_keep_no_others_back(control: Http) -> None:
    document = {
        "projects": [{"name": "ok"}],
        "secrets": [{"on": "project:ok", "name": "DB"}],
        "monitors": [{"model": "absent", "name": "own", "kind": "volume"}],
        "budgets": [{"project": "ok", "amount": 10.0}],
    }
    outcomes = list(carry_out(control, plan(control, checked(document))))
    assert {each.step.kind.name for each in outcomes if each.problem} == {"secrets", "monitors"}
    assert exported(control, ["budgets"]) == {
        "budgets": [{"project": "ok", "amount": 10.0, "thresholds": [50, 80, 100], "stops": "nothing"}]
    }
