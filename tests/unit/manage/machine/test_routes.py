"""The machine over HTTP, as the host describes it."""

from pathlib import Path

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.stand_in_host import MACHINE, StandInHost
from unshelf.contracts.protocols.host import Replica
from unshelf.foundation.host_client import HostLink
from unshelf.manage.machine.routes import router

REPLICA = Replica(
    model="iris", version=1, pid=7, address="w7.sock", state="serving", memory_bytes=1, started_at=1.0,
    last_used_at=2.0, requests=3,
)  # fmt: skip


def test_the_machine_is_shown_with_what_runs_on_it(tmp_path: Path) -> None:
    path = tmp_path / "host.sock"
    with StandInHost(path, replicas=[REPLICA]).running():
        shown = caller_of(actor(), router(HostLink(path)))("GET", "/machine").json()
    assert (shown["machine"]["cores"], shown["machine"]["checks"][0]["name"]) == (MACHINE.cores, "cgroups")
    assert [(one["model"], one["pid"], one["requests"]) for one in shown["replicas"]] == [("iris", 7, 3)]


def test_a_host_that_is_away_is_unavailable(tmp_path: Path) -> None:
    answer = caller_of(actor(), router(HostLink(tmp_path / "host.sock")))("GET", "/machine")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")


def test_the_machine_is_for_administrators(tmp_path: Path) -> None:
    call = caller_of(actor("deploy"), router(HostLink(tmp_path / "host.sock")))
    assert call("GET", "/machine").status_code == 403


def test_pythons_are_for_everybody_who_may_choose_one(tmp_path: Path) -> None:
    path = tmp_path / "host.sock"
    with StandInHost(path).running():
        shown = caller_of(actor("deploy"), router(HostLink(path)))("GET", "/machine/pythons").json()
        refused = caller_of(actor("predict"), router(HostLink(path)))("GET", "/machine/pythons")
    assert shown == {"pythons": MACHINE.pythons, "own": MACHINE.python}
    assert refused.status_code == 403
