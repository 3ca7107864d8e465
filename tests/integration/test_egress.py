"""The network of a deployed model: it reaches what was granted, directly and by the proxy, and nothing else; refusals are logged."""

import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")

CODE = """
import socket, urllib.request


def say(place):
    host, _, port = place.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        return b"".join(iter(lambda: connection.recv(4096), b"")).decode().rpartition("\\r\\n")[2]


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


DOES = {"nothing": lambda place: "nothing", "say": say, "get": get}


def predict(rows):
    try:
        return [DOES[rows[0]["do"]](rows[0]["place"])]
    except OSError as error:
        return [f"refused: {error}"]
"""
EXAMPLE = [{"do": "nothing", "place": "x"}]
THREAD = "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()\n"
"""A model with threads is not forked."""


class Answering(BaseHTTPRequestHandler):
    """Answers every request with its server's name."""

    def do_GET(self) -> None:
        body = self.server.name.encode()  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serve(name: str) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.name = name  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, int]]:
    """Ports on which servers of this machine listen, by name."""
    running = [serve(name) for name in ("granted", "other")]
    yield {server.name: server.server_port for server in running}  # type: ignore[attr-defined]
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, int]) -> Iterator[Platform]:
    """A platform that lets projects grant this machine's ports, with a model that is forked and one that is spawned."""
    folder = tmp_path_factory.mktemp("egress")
    policy = f"127.0.0.0/8,localhost:{servers['granted']},localhost:{servers['other']},*.example.org:443"
    with running_platform(folder / "home", gateways="1", sandbox="require", egress_allow=policy) as running:
        for name in ("forked", "spawned"):
            granted = f'\n[network]\nallow = ["localhost:{servers["granted"]}", "127.0.0.2:{servers["other"]}"]\n'
            code = (THREAD if name == "spawned" else "") + CODE
            model = write_model(folder / name, name=name, code=code, example=EXAMPLE, extra=granted)
            running.cli("deploy", str(model))
        yield running


@pytest.fixture(params=["forked", "spawned"])
def model(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def ask(platform: Platform, model: str, do: str, place: str) -> str:
    """What the model did, in its own words."""
    answer: str = platform.predict(model, [{"do": do, "place": place}])[0]
    return answer


def refused(platform: Platform, model: str) -> dict[str, str]:
    """Places that a model's version was refused, with the reason, by the log."""
    events = platform.http.get("/api/v1/audit", params={"limit": 1000, "action": "egress.refused"}).json()["events"]
    return {each["after"]["destination"]: each["reason"] for each in events if each["subject"] == f"{model}:1"}


def test_what_is_granted_is_reached(platform: Platform, model: str, servers: dict[str, int]) -> None:
    assert ask(platform, model, "say", f"localhost:{servers['granted']}") == "granted"
    assert ask(platform, model, "get", f"http://localhost:{servers['granted']}/") == "granted"
    machine = platform.http.get("/api/v1/machine").json()
    facts = next(each for each in machine["replicas"] if each["model"] == model)
    assert facts["started_by"] == {"forked": "fork", "spawned": "spawn"}[model], facts["spawned_because"]
    assert "no network but what is granted" in facts["walls"]


def test_what_is_not_granted_is_refused_and_its_owner_learns_what_grants_it(
    platform: Platform, model: str, servers: dict[str, int]
) -> None:
    place = f"127.0.0.1:{servers['other']}"
    line = f'[network] allow = ["{place}"]'
    for answer in (ask(platform, model, "say", place), ask(platform, model, "say", "nowhere.example.com:5432")):
        assert answer.startswith("refused: ") and "is not granted to this model" in answer
    assert line in ask(platform, model, "say", place)
    by_proxy = ask(platform, model, "get", "http://pages.example.com:8080/")
    assert "403" in by_proxy and '[network] allow = ["pages.example.com:8080"]' in by_proxy
    wanted = {place, "nowhere.example.com:5432", "pages.example.com:8080"}
    wait_until(lambda: wanted <= refused(platform, model).keys())
    shown = platform.cli("show", model).stdout
    assert f"unshelf network {model} --allow {place}" in " ".join(shown.split())
    assert line in platform.cli("logs", model).stdout or line in log_of(platform, model)
    wait_until(lambda: wanted <= {each["place"] for each in alert_of(platform, model)["evidence"]["refused"]})
    assert f"--allow {place}" in alert_of(platform, model)["advice"]


@pytest.mark.long
def test_the_alert_about_refusals_is_over_once_they_are_granted(platform: Platform, tmp_path: Path) -> None:
    model = write_model(tmp_path, name="careful", code=CODE, example=EXAMPLE, extra='\n[network]\naccess = "none"\n')
    platform.cli("deploy", str(model))
    assert ask(platform, "careful", "say", "db.example.org:443").startswith("refused: ")
    wait_until(lambda: alert_of(platform, "careful"))
    platform.cli("network", "careful", "--allow", "db.example.org:443")
    wait_until(lambda: not alert_of(platform, "careful"))


def alert_of(platform: Platform, model: str) -> dict[str, Any]:
    """The open alert about a model's refused connections; empty when there is none."""
    alerts = platform.http.get("/api/v1/alerts", params={"model": model}).json()["alerts"]
    return next((each for each in alerts if each["kind"] == "egress_refused"), {})


def log_of(platform: Platform, model: str) -> str:
    """What stands in the log of a model's first version."""
    return (platform.home / "logs" / "workers" / f"{model}-1.log").read_text()


def test_a_grant_is_changed_without_a_new_deploy(platform: Platform, servers: dict[str, int]) -> None:
    place = f"localhost:{servers['other']}"
    assert ask(platform, "forked", "say", place).startswith("refused: ")
    platform.cli("network", "forked", "--allow", place, "--reason", "the database moved")
    wait_until(lambda: ask(platform, "forked", "say", place) == "other")
    assert ask(platform, "forked", "say", f"localhost:{servers['granted']}") == "granted"
    platform.cli("network", "forked:1", "--remove", place)
    wait_until(lambda: ask(platform, "forked", "say", place).startswith("refused: "))
    events = platform.http.get("/api/v1/audit", params={"action": "version.network_changed"}).json()["events"]
    assert [each["reason"] for each in events if place in each["after"]["allow"]] == ["the database moved"]


def test_the_operator_bounds_what_is_granted(platform: Platform, tmp_path: Path) -> None:
    change = platform.cli("network", "forked", "--allow", "db.internal:5432", check=False)
    assert change.returncode == 1 and "UNSHELF_EGRESS_ALLOW" in change.stderr
    model = write_model(tmp_path, name="greedy", extra='\n[network]\naccess = "full"\n')
    deploy = platform.cli("deploy", str(model), check=False)
    assert deploy.returncode == 1 and "The operator does not let projects grant" in deploy.stderr


@pytest.mark.long
def test_a_relay_that_was_killed_is_replaced(platform: Platform, servers: dict[str, int]) -> None:
    place = f"localhost:{servers['granted']}"
    assert ask(platform, "spawned", "say", place) == "granted"
    found = relays(platform)
    assert found
    for relay in found:
        relay.kill()
    wait_until(lambda: ask(platform, "spawned", "say", place) == "granted")


def relays(platform: Platform) -> list[psutil.Process]:
    """The processes that connect models to the outside."""
    below = psutil.Process(platform.process.pid).children(recursive=True)
    return [each for each in below if "unshelf.host.egress.relay" in each.cmdline() and "-S" not in each.cmdline()]
