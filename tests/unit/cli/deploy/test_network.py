"""`unshelf network`, and what `unshelf show` says of a version's network."""

import json
from typing import Any

import pytest

from tests.support.control import Control
from tests.support.registry_answers import DETAIL
from tests.unit.cli.conftest import Run
from unshelf.cli.deploy.network import network_facts

GRANTED = {
    "version": 1, "access": "none", "allow": ["db.example.org:5432"], "source": "manifest", "refused": ["cache.example.org:6379"],
}  # fmt: skip
BEFORE = {"version": 2, "access": "full", "allow": [], "source": "default", "refused": []}
KEPT = {"walls": ["no privileges", "no network but what is granted"]}


def test_the_networks_of_a_model_are_listed_with_what_they_were_refused(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/network", {"name": "iris", "versions": [GRANTED, BEFORE]})
    said = run("network", "iris").out
    assert "db.example.org:5432" in said and "cache.example.org:6379" in said
    assert "unshelf network iris:2 --access none" in " ".join(said.split())
    assert json.loads(run("network", "iris", "--json").out)["versions"] == [GRANTED, BEFORE]


def test_a_change_is_sent_as_it_was_asked_for(control: Control, run: Run) -> None:
    control.reply("PATCH", "/api/v1/models/iris/network", {"name": "iris", "versions": [GRANTED]})
    said = run("network", "iris", "--allow", "db.example.org:5432", "--remove", "x.example.org:1", "--reason", "moved")
    assert said.code == 0
    body = next(each.json for each in control.asked if each.method == "PATCH")
    assert body == {"allow": ["db.example.org:5432"], "remove": ["x.example.org:1"], "access": None, "reason": "moved"}


def test_show_has_the_network_and_what_grants_the_rest(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris", DETAIL)
    control.reply("GET", "/api/v1/models/iris%3A1/network", {"name": "iris", "versions": [GRANTED]})
    said = " ".join(run("show", "iris").out.split())
    assert "network db.example.org:5432" in said
    assert 'cache.example.org:6379: [network] allow = ["cache.example.org:6379"] grants it' in said
    assert json.loads(run("show", "iris", "--json").out)["network"] == GRANTED


@pytest.mark.parametrize(
    ("network", "replica", "kept"),
    [
        (GRANTED, KEPT, True),
        (GRANTED, {"walls": []}, False),
        (GRANTED, {"walls": ["system calls filtered"]}, False),
        (GRANTED | {"allow": []}, {"walls": ["system calls filtered"]}, True),
        (BEFORE, {"walls": []}, True),
    ],
)
def test_a_machine_that_can_t_keep_code_to_its_network_is_named(
    network: dict[str, Any], replica: dict[str, Any], *, kept: bool
) -> None:
    said = [text for _, text in network_facts("iris", network, [replica])]
    assert any("this machine can't keep its code to that" in text for text in said) is not kept
