"""The table of who may do what, in docs/reference/access.md, held against a real control: every route, as everybody, by every transport."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import httpx
import pytest

from tests.support.access_table import COLUMNS, access_table
from tests.support.access_world import (
    ASKING,
    CHANNELS,
    CONTENT,
    DEFAULT_VIEWER,
    DISTANT,
    HIDDEN,
    HOOK,
    LAKE,
    World,
    build_world,
)
from tests.support.accounts import PASSWORD
from tests.support.in_process import in_process_control
from tests.support.long import LONG

DOCS = Path(__file__).parents[3] / "docs/reference"
ROUTES = [
    (verb.upper(), path)
    for path, verbs in json.loads((DOCS / "openapi.json").read_bytes())["paths"].items()
    for verb in verbs
]
API = [(verb, path) for verb, path in ROUTES if path.startswith("/api/v1/")]
BLIND = ("user", "other", "key elsewhere")
"""Those who may not know that the project is there."""
ABSENT = {name: "z" + name[1:] for name in HIDDEN.values()}
"""Names that nothing has, as long as the hidden ones."""
MODEL, PROJECT = HIDDEN["model"], HIDDEN["project"]
MANIFEST = {
    "loader": {"kind": "python"}, "python": "3.11", "requirements": ["numpy"],
    "files": [{"path": "m.bin", "sha256": hashlib.sha256(b"model").hexdigest(), "size": 5}],
}  # fmt: skip
FILE = {"path": "a.csv", "sha256": hashlib.sha256(CONTENT).hexdigest(), "size": len(CONTENT)}
ROLE = {"name": "ana", "role": "viewer"}
BODIES: dict[str, Any] = {
    "POST /api/v1/alert-policies": {"name": "new", "model": MODEL, "kinds": ["errors_high"], "act": "pause"},
    "PUT /api/v1/alerts/{id}/assignee": {"name": "owner"},
    "POST /api/v1/alerts/{id}/decisions": {"choice": "ignore"},
    "PUT /api/v1/alerts/{id}/snooze": {"seconds": 60},
    "PUT /api/v1/models/{name}/support": {"level": "critical"},
    "PUT /api/v1/projects/{project}/support": {"level": "critical"},
    "POST /api/v1/app-drafts": {"definition": {"model": MODEL, "title": "t"}},
    "PUT /api/v1/apps/{name}": {"model": MODEL, "title": "t"},
    "POST /api/v1/apps/{name}/restore": {"version": 1},
    "POST /api/v1/apps/{name}/tokens": {"name": "n"},
    "POST /api/v1/audit/accepted-files": {
        "path": f"model={MODEL}/version=1/day=2026-01-01/a.parquet", "reason": "r",
    },
    "POST /api/v1/blobs/missing": {"digests": [FILE["sha256"]]},
    "POST /api/v1/data": {"name": "qnew", "project": PROJECT, "files": [FILE]},
    "PUT /api/v1/data/{name}/binding": {"project": PROJECT, "target": f"data://{HIDDEN['data']}@1"},
    "PUT /api/v1/data/{name}/connection": {
        "project": PROJECT, "kind": "https", "settings": {"url": "https://data.example.org"},
    },
    "PUT /api/v1/data/{name}/project": {"project": PROJECT},
    "POST /api/v1/deploys": {"name": MODEL, "manifest": MANIFEST, "dry_run": True},
    "POST /api/v1/deploys/files": {"name": MODEL, "files": [FILE]},
    "POST /api/v1/deploys/sample": {"project": PROJECT},
    "POST /api/v1/device": {"user_code": "$user_code"},
    "POST /api/v1/device/codes": {"name": "d"},
    "POST /api/v1/device/token": {"device_code": "$device_code"},
    "POST /api/v1/environments/builds": {"name": "qfresh", "project": PROJECT, "requirements": ["numpy"]},
    "PUT /api/v1/environments/names/{name}/access": {"restricted": False},
    "POST /api/v1/groups": {"name": "g"},
    "POST /api/v1/jobs/git/refs": {"project": PROJECT, "url": "https://git.example.org/a.git"},
    "POST /api/v1/jobs": {"project": PROJECT, "files": [FILE], "command": ["a.csv"], "requirements": []},
    "POST /api/v1/schedules": {"name": "new", "target": "$job", "cron": "@yearly"},
    "POST /api/v1/schedules/preview": {"cron": "@daily"},
    "POST /api/v1/pipelines": {"project": PROJECT, "name": "asking", "steps": [ASKING]},
    "POST /api/v1/benches": {"reference": f"{MODEL}:1", "tiers": ["small"]},
    "POST /api/v1/scorings": {"reference": f"{MODEL}:1", "data": f"data://{HIDDEN['data']}"},
    "POST /api/v1/sweeps": {"job": "$job", "space": {"x": [1]}, "objective": "score"},
    "POST /api/v1/triggers": {"name": "new", "target": "$job", "action": "data.added"},
    "PATCH /api/v1/triggers/{id}": {"state": "paused"},
    "POST /api/v1/keys": {"name": "n", "role": "caller", "project": PROJECT},
    "POST /api/v1/members": ROLE,
    "PUT /api/v1/models/{model}/secrets/{name}": {"value": "v"},
    "POST /api/v1/models/{ref}/checks": {"rows": [[1.0]]},
    "POST /api/v1/models/{ref}/try": {"inputs": [[1.0]]},
    "POST /api/v1/models/{name}/scenarios": {"name": "s", "inputs": [1.0]},
    "PUT /api/v1/quotas/{account}/{name}": {"cores": 8},
    "PUT /api/v1/budgets/{project}": {"amount": 50},
    "PATCH /api/v1/prices": {"cpu_hour": 0.1},
    "PUT /api/v1/tiers/{tier}": {"restricted": False, "price": 0.4},
    "POST /api/v1/tiers/{tier}/rights": {"kind": "user", "name": "ana"},
    "PUT /api/v1/models/{name}/aliases/{alias}": {"version": 1},
    "PUT /api/v1/models/{name}/limits": {"rate": 1},
    "POST /api/v1/models/{name}/members": ROLE,
    "PUT /api/v1/models/{name}/quality/value": {"unit": "EUR"},
    "PUT /api/v1/models/{name}/quality/metrics/{metric}": {"code": "def lost(truth, prediction, rows):\n    return 1\n"},
    "POST /api/v1/labels": {"model": MODEL, "labels": [{"key": "k", "value": 1}]},
    "POST /api/v1/models": {"name": HIDDEN["elsewhere"], "signature": DISTANT, "place": "there"},
    "POST /api/v1/collections": {"model": HIDDEN["elsewhere"], "dataset": "qnew"},
    "POST /api/v1/record-folders": {"model": HIDDEN["elsewhere"], "data": f"data://{HIDDEN['lake']}/in"},
    "POST /api/v1/models/{name}/monitors": {"name": "mine"},
    "PATCH /api/v1/models/{name}/monitors/{monitor}": {"paused": True},
    "PUT /api/v1/models/{name}/project": {"project": PROJECT},
    "PUT /api/v1/models/{name}/release": {"version": 1, "percent": 100},
    "PUT /api/v1/models/{name}/visibility": {"visibility": "internal"},
    "PUT /api/v1/notifications/choices/{kind}": CHANNELS,
    "POST /api/v1/notifications/read": {"ids": None},
    "PUT /api/v1/password": {"current": PASSWORD, "new": "another fine secret"},
    "POST /api/v1/password/forgotten": {"name": "ana"},
    "POST /api/v1/password/link": {"link": "$password_link", "password": "another fine secret"},
    "POST /api/v1/predictions/query": {"sql": "select 1", "model": MODEL},
    "POST /api/v1/projects": {"name": "fresh"},
    "PATCH /api/v1/projects/{project}": {"title": "t"},
    "POST /api/v1/projects/{project}/goals": {"title": "g"},
    "PATCH /api/v1/projects/{project}/goals/{id}": {"title": "g"},
    "POST /api/v1/projects/{project}/goals/{id}/ties": {"kind": "version", "name": f"{MODEL}:1"},
    "POST /api/v1/projects/{project}/goals/{id}/values": {"value": 1, "source": "s"},
    "POST /api/v1/projects/{project}/members": ROLE,
    "POST /api/v1/projects/{project}/notes": {"text": "n"},
    "PUT /api/v1/projects/{project}/notes/{id}": {"text": "n"},
    "PUT /api/v1/projects/{project}/secrets/{name}": {"value": "v"},
    "POST /api/v1/projects/{project}/webhooks": {"url": HOOK},
    "POST /api/v1/requests": {"model": MODEL, "wanted": {"role": "contributor"}, "reason": "r"},
    "POST /api/v1/requests/{id}/refuse": {"reason": "r"},
    "POST /api/v1/session": {"name": "ana", "password": PASSWORD},
    "POST /api/v1/subjects/{kind}/{name}/comments": {"text": "c"},
    "PUT /api/v1/subjects/{kind}/{name}/comments/{id}": {"text": "c"},
    "PUT /api/v1/subjects/{kind}/{name}/properties/{property}": {"value": "1", "type": "text"},
    "PUT /api/v1/subjects/{kind}/{name}/watch": {"muted": False},
    "POST /api/v1/tokens": {"name": "n"},
    "POST /api/v1/users": {"name": "new"},
    "PATCH /api/v1/users/{user}": {"full_name": "f"},
    "PUT /api/v1/users/{user}/provider": {"subject": "s"},
    "POST /api/v1/webhooks": {"url": HOOK},
    "PATCH /api/v1/webhooks/{id}": {"kinds": []},
}  # fmt: skip
"""Bodies that work; without one here it is {}. `$name` is one of the codes of the world."""
QUERIES = {
    "GET /api/v1/data/{name}/files": {"path": "a.csv"},
    "GET /api/v1/jobs/{id}/files": {"path": "a.csv"},
    "GET /api/v1/scorings/{id}/files": {"path": "a.csv"},
    "GET /api/v1/models/{ref}/file": {"path": f"{hashlib.sha256(b'another').hexdigest()[:8]}.bin"},
    "GET /api/v1/models/{ref}/dashboard/column": {"column": "in:x"},
    "GET /api/v1/models/{ref}/diagnosis/column": {"column": "in:x"},
    "GET /api/v1/labels": {"model": MODEL},
    "GET /api/v1/labels/summary": {"model": MODEL},
    "GET /api/v1/models/{name}/monitors/{monitor}/comparison": {
        "column": "x",
        "since": "2026-01-01T00:00:00Z",
        "version": "1",
    },
    "GET /api/v1/search": {"q": "q"},
    "DELETE /api/v1/projects/{project}/goals/{id}/ties": {"kind": "version", "name": f"{MODEL}:1"},
}
ON_THE_MACHINE = {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "127.0.0.1:8000"}
CHANGES = {"GET /api/v1/session/links/{link}"}
"""Routes with the verb GET that use something up."""
BY_TRANSPORT = ("/api/v1/session", "/api/v1/tokens", "/api/v1/password", "/api/v1/device", "/api/v1/keys")
"""Paths on which sessions and tokens may differ."""
TAKES_A_NAME = {"POST /api/v1/deploys", "POST /api/v1/deploys/files", "POST /api/v1/models"}
"""Names of models are unique in the installation: who may deploy elsewhere learns that one is taken."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("access") / "home"
    (lake := tmp_path_factory.mktemp("lake")).joinpath("in").mkdir()
    folders = [f"{LAKE}={lake}"]
    with in_process_control(home, data_hosts=["data.example.org"], data_folders=folders) as control:
        built = build_world(control)
        built.snapshot()
        yield built
        built.client.close()


def ask(
    world: World, verb: str, path: str, who: tuple[str, str], renamed: dict[str, str] | None = None
) -> httpx.Response:
    """Do what the route is for as `who` (column and transport), with the hidden project's things, or with things of other names."""
    route, request = f"{verb} {path}", {}

    def named(text: str) -> str:
        for old, new in (renamed or {}).items():
            text = text.replace(old, new)
        return text

    if path == "/api/v1/blobs/{sha256}":
        request["content"] = CONTENT
    elif path == "/api/v1/models/{ref}/records":
        record = {"inputs": {"x": 1.0}, "output": 1.0}
        request |= {"content": json.dumps(record).encode(), "headers": {"content-type": "application/x-ndjson"}}
    elif verb in ("POST", "PUT", "PATCH"):
        text = named(json.dumps(BODIES.get(route, {})))
        for name, code in world.codes.items():
            text = text.replace(f"${name}", code)
        request |= {"content": text.encode(), "headers": {"content-type": "application/json"}}
    if "/session/links/" in path:
        request["headers"] = ON_THE_MACHINE
    query = {name: named(value) for name, value in QUERIES.get(route, {}).items()}
    return world.callers[who[0]][who[1]](verb, named(world.address(path)), params=query, **request)


def observed(world: World, verb: str, path: str, column: str) -> str:
    """What happens, in the words of the table."""
    seen = {}
    for transport in transports(world, verb, path, column):
        answer = ask(world, verb, path, (column, transport))
        is_done = (
            answer.status_code < 400 or "no gateway is running" in answer.text
        )  # what predicts gets no further here
        seen[transport] = "yes" if is_done else str(answer.status_code)
        if column in BLIND:
            tells_nothing(answer)
        if answer.status_code < 400 and (verb != "GET" or f"{verb} {path}" in CHANGES):
            world.restore()
    if seen == {"session": "yes", "token": "404"}:
        return "session"
    assert len(set(seen.values())) == 1, f"{verb} {path} answers {column} differently by transport: {seen}"
    return next(iter(seen.values()))


def transports(world: World, verb: str, path: str, column: str) -> list[str]:
    """How somebody asks: by session and by token where these may differ and in `make test-long`, else by one of them in turn."""
    known = list(world.callers[column])
    if LONG or path.startswith(BY_TRANSPORT):
        return known
    return [known[crc32(f"{verb} {path} {column}".encode()) % len(known)]]


def tells_nothing(answer: httpx.Response) -> None:
    """No answer has a hidden name that its request had not."""
    if answer.is_stream_consumed:
        said = f"{answer.request.url} {answer.request.content.decode(errors='replace')}"
        told = [name for name in HIDDEN.values() if name in answer.text and name not in said]
        assert told == [], f"{answer.request.method} {answer.request.url} tells of {told}: {answer.text[:500]}"


@pytest.mark.parametrize(
    ("verb", "path"),
    [pytest.param(*each, marks=() if crc32(" ".join(each).encode()) % 6 == 0 else pytest.mark.long) for each in API],
)
def test_the_table_is_true(world: World, verb: str, path: str) -> None:
    said = access_table().get((verb, path), {})
    found = {column: observed(world, verb, path, column) for column in COLUMNS}
    line = f"| `{verb} {path}` | {' | '.join(found.values())} |"
    assert said == found, (
        f"What each role may do here is not what docs/reference/access.md says. If it is right, the line is\n{line}"
    )


@pytest.mark.parametrize("column", ["user", "other", DEFAULT_VIEWER])
def test_what_is_hidden_is_answered_like_what_is_not_there(world: World, column: str) -> None:
    """Word for word, whatever the route: also for somebody who may read where a name that nobody has would belong."""
    told = []
    for verb, path in API:
        renamed = dict(ABSENT)
        if "{id}" in path or "{hash}" in path or "{sha256}" in path:
            own = world.address(path.partition("{")[0] + "{id}") if "{id}" in path else ""
            renamed |= {own.rpartition("/")[2]: "0" * 26} if own else {}
        if f"{verb} {path}" in TAKES_A_NAME or path == "/api/v1/events":
            continue
        hidden = ask(world, verb, path, (column, "token"))
        if hidden.status_code not in (403, 404):
            if hidden.status_code < 400 and verb != "GET":
                world.restore()
            continue
        absent = ask(world, verb, path, (column, "token"), renamed)
        text = hidden.text
        for name, other in renamed.items():
            text = text.replace(name, other)
        if (hidden.status_code, text) != (absent.status_code, absent.text):
            told.append(f"{verb} {path}: {hidden.text} and {absent.text}")
    assert told == []


def test_every_route_has_its_line(world: World) -> None:
    assert set(access_table()) == set(ROUTES)
