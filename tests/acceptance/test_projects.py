"""A project with its people: goals, data from a connection, a caller from elsewhere, and somebody who leaves."""

import json
from pathlib import Path

import pytest

from tests.support.persons import person
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

TRAINING = """
import unshelf
from sklearn.linear_model import LinearRegression

rows = unshelf.data.read("data://history/loans.csv")
model = LinearRegression().fit(rows[["age", "income"]], rows["amount"])
unshelf.deploy(model, name="loans", project="risk", example=rows[["age", "income"]].head(3))
"""
ROWS = "age,income,amount\n" + "".join(f"{age},{age * 100},{age * 3}\n" for age in range(20, 60))


def asked(platform: Platform, token: str) -> int:
    """The status of a call of the model."""
    call = {"inputs": [{"age": 30, "income": 3000}]}
    return platform.client(token).post("/models/loans/predict", json=call).status_code


@pytest.mark.long
def test_a_project_from_its_goals_to_the_day_somebody_leaves(tmp_path: Path) -> None:
    """Given an owner with a project of two goals and a contributor, who deploys with data from a connection and ties the version to a
    goal, when a caller of another project requests access, then they get a token for a week; when the contributor leaves, all is
    handed over."""
    (tmp_path / "warehouse").mkdir()
    (tmp_path / "warehouse" / "loans.csv").write_text(ROWS)
    with running_platform(tmp_path / "home", data_folders=f"warehouse={tmp_path / 'warehouse'}") as platform:
        olga, carl, cleo = (person(platform, tmp_path / name, name) for name in ("olga", "carl", "cleo"))

        olga.done("projects", "create", "risk", "--title", "Credit risk", "--priority", "high")
        goal = json.loads(
            olga.done("goals", "set", "risk", "Fewer losses", "--metric", "losses", "--at-most", "2.5",
                      "--worth", "two millions a year", "--json")
        )  # fmt: skip
        olga.done("goals", "set", "risk", "Answers within a day", "--due", "2027-06-30")
        olga.done("roles", "grant", "carl", "contributor", "--project", "risk")
        olga.done("data", "connect", "history", "local", "--setting", "folder=warehouse", "--project", "risk")

        assert cleo.cli("projects", "show", "risk").returncode == 1
        carl.python(TRAINING)
        tied = json.loads(carl.done("goals", "tie", "risk", goal["id"], "loans:1", "--json"))
        assert [tie["name"] for tie in tied["ties"]] == ["loans:1"]
        carl.done("goals", "value", "risk", goal["id"], "2.1", "--source", "the quarter's report")
        (reached,) = [
            each
            for each in json.loads(olga.done("goals", "list", "risk", "--json"))["goals"]
            if each["id"] == goal["id"]
        ]
        assert (reached["latest"]["value"], reached["missing"]) == (2.1, [])

        token = json.loads(cleo.done("tokens", "create", "mine", "--json"))["token"]
        assert asked(platform, token) == 404, "a private model of another project is as one that there is not"
        assert cleo.cli("requests", "access", "loans", "--reason", "our forms").returncode == 1
        olga.done("visibility", "loans", "internal")
        wait_until(lambda: asked(platform, token) == 403, what="the gateway knows that everybody may see it")
        cleo.done("requests", "access", "loans", "--reason", "our forms")
        (request,) = json.loads(olga.done("requests", "--whose", "to_decide", "--json"))["requests"]
        olga.done("requests", "grant", request["id"], "--expires", "7d", "--reason", "for the pilot")
        narrow = json.loads(
            cleo.done("tokens", "create", "pilot", "--model", "loans", "--expires", "7d", "--role", "caller", "--json")
        )["token"]
        wait_until(lambda: asked(platform, narrow) == 200, what="the granted role is in force")

        carls = json.loads(carl.done("tokens", "create", "laptop", "--json"))["token"]
        assert asked(platform, carls) == 200
        left = platform.cli("users", "deactivate", "carl", "--to", "olga", "--reason", "left the company")
        assert "carl is deactivated." in left.stdout
        wait_until(lambda: asked(platform, carls) == 401, what="his token is refused")
        assert asked(platform, narrow) == 200, "what others were granted goes on"
        assert json.loads(olga.done("show", "loans", "--json"))["name"] == "loans"
        done = {event["action"] for event in platform.http.get("/api/v1/audit?limit=500").json()["events"]}
        assert {"project.created", "role.granted", "request.made", "request.granted", "user.deactivated"} <= done
