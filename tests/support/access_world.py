"""A world to test access in: a project that hides everything it has, and somebody in each role."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from tests.support.accounts import PASSWORD
from tests.support.in_process import InProcessControl
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.home import CONTROL_SOCKET
from unshelf.contracts.metering.usage import Amounts, Consumer, MeteredUse
from unshelf.contracts.protocols.host import Failed
from unshelf.foundation.ids import new_id

HIDDEN = {
    "project": "qcredit",
    "model": "qscorer",
    "data": "qorders",
    "bound": "qbound",
    "packages": "qpackages",
    "app": "qworth",
    "elsewhere": "qdistant",
    "lake": "qlake",
}
"""Names that nobody may learn who may not see the project."""
ELSEWHERE = "mortgage"
ON_THE_PROJECT = ("viewer", "caller", "contributor", "validator", "approver", "owner")
ON_THE_INSTALLATION = ("auditor", "administrator")
PEOPLE = ("user", "other", *ON_THE_PROJECT, *ON_THE_INSTALLATION)
"""People by their role; `user` has none, `other` owns another project."""
KEYS = ("key elsewhere", "key caller", "key contributor", "key administrator")
Send = Callable[..., httpx.Response]
DEFAULT_VIEWER = "default-viewer"
"""Somebody who may read in the project that names which nobody has belong to."""
CHANNELS = {"inbox": True, "email": False, "webhook": False}
ASKING = {"name": "ask", "kind": "approval", "arguments": {"question": {"value": "Go?"}}}
"""A step of a pipeline that needs no files."""
CONTENT = b"a,b\n1,2\n"
DISTANT = {
    "inputs": {"kind": "columns", "columns": [{"name": "x", "type": "float64"}]},
    "outputs": {"kind": "columns", "columns": [{"name": "output", "type": "float64"}]},
}
"""The signature of a model that runs elsewhere."""
LAKE = "lake"
"""The folder that the operator registered for data."""
HOOK = "https://93.184.215.14/hook"


@dataclass
class World:
    """A control with the hidden project, and a way to ask as everybody."""

    control: InProcessControl
    callers: dict[str, dict[str, Send]] = field(default_factory=dict)
    """Column → transport (`session`, `token`, `key`, `none`) → how to ask."""
    ids: dict[str, str] = field(default_factory=dict)
    """Path, or its beginning, → the id of the thing there."""
    environment: str = ""
    codes: dict[str, str] = field(default_factory=dict)
    """Secrets that are good once, for bodies and addresses: `user_code`, `device_code`, `password_link`, `login_link`."""
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(
            base_url="http://control", transport=httpx.HTTPTransport(uds=CONTROL_SOCKET), timeout=60
        )

    def address(self, path: str, **other: str) -> str:
        """Return the address of a route's thing in the hidden project."""
        start = next((each for each in sorted(self.ids, key=len, reverse=True) if path.startswith(each)), "")
        names = {
            "ref": HIDDEN["model"], "model": HIDDEN["model"], "project": HIDDEN["project"], "alias": "best", "tag": "gold",
            "property": "cost",
            "user": "gone" if path.endswith("/activate") else "ana", "group": "team", "other": self.environment,
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
            "link": self.codes["login_link"], "id": self.ids.get(start, "none"),
            "kind": "default" if "notifications" in path else "model", "name": _name_in(path),
            "account": "project", "tier": "small", "monitor": "inputs", "metric": "lost",
        }  # fmt: skip
        if path.startswith("/api/v1/environments/{ref}"):
            names["ref"] = self.environment
        if path.endswith("/records"):
            names["ref"] = HIDDEN["elsewhere"]
        for name, value in {**names, **other}.items():
            path = path.replace(f"{{{name}}}", quote(value, safe=""))
        assert "{" not in path, f"say in World.address what to put into {path}"
        return path

    def snapshot(self) -> None:
        """Remember the world as it is."""
        with sqlite3.connect(self._database) as source, sqlite3.connect(self._kept) as target:
            source.backup(target)
        shutil.copytree(self.control.home.blobs, self.control.home.folder / "kept-blobs", dirs_exist_ok=True)

    def restore(self) -> None:
        """Undo everything since the snapshot."""
        with sqlite3.connect(self._kept) as source, sqlite3.connect(self._database, timeout=30) as target:
            source.backup(target)
        for kept in (self.control.home.folder / "kept-blobs").glob("??/*"):
            path = self.control.home.blobs / kept.parent.name / kept.name
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                shutil.copy2(kept, path)

    @property
    def _database(self) -> str:
        return str(self.control.home.folder / "unshelf.db")

    @property
    def _kept(self) -> str:
        return str(self.control.home.folder / "kept.db")


def build_world(control: InProcessControl) -> World:
    """Make the project, what it has, and everybody."""
    world = World(control)
    _make_things(world)
    _make_distant_model(world)
    _make_people(world)
    _make_keys(world)
    _make_belongings(world)
    return world


def _name_in(path: str) -> str:
    if path.startswith("/api/v1/data"):
        return {"binding": HIDDEN["bound"], "connection": "qlinked"}.get(path.rpartition("/")[2], HIDDEN["data"])
    if path.startswith("/api/v1/environments"):
        return HIDDEN["packages"]
    if path.startswith(("/api/v1/apps", "/api/v1/embedded-apps")):
        return HIDDEN["app"]
    if path.startswith("/api/v1/quotas"):
        return HIDDEN["project"]
    return "SECRET_ONE" if "/secrets/" in path else HIDDEN["model"]


def _ask(world: World, method: str, path: str, body: Any = None, *, by: Send | None = None) -> Any:
    answer = (by or world.control.http.request)(method, f"/api/v1{path}", json=body)
    assert answer.is_success, f"{method} {path} → {answer.text}"
    return answer.json() if answer.content else None


def _raise_alert(world: World) -> str:
    """Have a problem of the model be found: no watcher has one to report in this world."""
    id, moment = new_id(), "2026-11-30 12:00:00.000000"
    values = (
        id,
        "odd_answers",
        HIDDEN["model"],
        "warning",
        "It fails.",
        "{}",
        "replace",
        "Look.",
        "ana",
        moment,
        moment,
        "",
    )
    with sqlite3.connect(world._database, timeout=30) as database:
        database.execute(
            "insert into alerts (id, kind, model, severity, summary, evidence, action, advice, owner, raised_at, seen_at,"
            " resolved_because) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
    return id


def _give_results(world: World, scoring: str, file: dict[str, Any]) -> None:
    """Have a scoring keep a file as its results: no program of a version runs in this world."""
    with sqlite3.connect(world._database, timeout=30) as database:
        database.execute("update scorings set results = ? where id = ?", (json.dumps({"files": [file]}), scoring))


def _make_things(world: World) -> None:
    control, project = world.control, HIDDEN["project"]
    for name in (project, ELSEWHERE):
        _ask(world, "POST", "/projects", {"name": name})
    for content in (b"model", b"another"):
        begun = control.begin(HIDDEN["model"], control.manifest(content), project=project, alias="best")
        assert control.events(begun)[-1]["state"] == "done"
    _ask(world, "PUT", f"/models/{HIDDEN['model']}/release", {"version": 2, "percent": 100})
    world.ids["/api/v1/deploys"] = begun
    file = control.upload(CONTENT) | {"path": "a.csv"}
    control.host.bundle = lambda _: Failed(id=1, code="bundle_failed", detail="No.", step="bundle")
    failed = _ask(world, "POST", "/deploys/files", {"name": HIDDEN["model"], "files": [file]})["id"]
    assert control.events(failed)[-1]["state"] == "failed"
    world.ids["/api/v1/deploys/{id}/files"] = failed
    _ask(world, "POST", "/data", {"name": HIDDEN["data"], "project": project, "files": [file]})
    _ask(world, "PUT", f"/data/{HIDDEN['bound']}/binding", {"project": project, "target": f"data://{HIDDEN['data']}@1"})
    world.environment = _ask(world, "GET", "/environments")["environments"][0]["hash"]
    wanted = {"name": HIDDEN["packages"], "project": project, "base": world.environment}
    world.ids["/api/v1/environments/builds"] = _ask(world, "POST", "/environments/builds", wanted)["id"]
    for place in (f"/models/{HIDDEN['model']}", f"/projects/{project}"):
        _ask(world, "PUT", f"{place}/secrets/SECRET_ONE", {"value": "secret"})
    world.ids["/api/v1/jobs"] = job = world.codes["job"] = _failed_job(world, file)
    world.ids["/api/v1/usage/jobs"] = job
    consumer = Consumer(kind="job", project=project, job=job, tier="small")
    control.host.usage.lines.append(MeteredUse(hour=1, consumer=consumer, amounts=Amounts(cpu_seconds=1.0)))
    _ask(world, "PUT", f"/budgets/{project}", {"amount": 100})
    scoring = _ask(
        world, "POST", "/scorings", {"reference": f"{HIDDEN['model']}:1", "data": f"data://{HIDDEN['data']}"}
    )["id"]
    scoring = _ask(
        world, "POST", "/scorings", {"reference": f"{HIDDEN['model']}:1", "data": f"data://{HIDDEN['data']}"}
    )["id"]
    world.ids["/api/v1/scorings"] = _ask(world, "POST", f"/scorings/{scoring}/cancel")["id"]
    _give_results(world, scoring, file)
    bench = _ask(world, "POST", "/benches", {"reference": f"{HIDDEN['model']}:1", "tiers": ["small"]})["id"]
    world.ids["/api/v1/benches"] = _ask(world, "POST", f"/benches/{bench}/cancel")["id"]
    sweep = _ask(world, "POST", "/sweeps", {"job": job, "space": {"x": [1]}, "objective": "score"})["id"]
    world.ids["/api/v1/sweeps"] = _ask(world, "POST", f"/sweeps/{sweep}/cancel")["id"]
    world.ids["/api/v1/usage/sweeps"] = sweep
    kept = _ask(world, "POST", "/pipelines", {"project": project, "name": "hidden", "steps": [ASKING]})["id"]
    begun = _ask(world, "POST", f"/pipelines/{kept}/runs", {})["id"]
    world.ids["/api/v1/pipelines"] = world.ids["/api/v1/pipelines/{id}/runs"] = kept
    world.ids["/api/v1/usage/pipeline-runs"] = begun
    world.ids["/api/v1/pipeline-runs"] = _ask(world, "POST", f"/pipeline-runs/{begun}/cancel")["id"]
    world.ids["/api/v1/schedules"] = _ask(
        world, "POST", "/schedules", {"name": "yearly", "target": job, "cron": "@yearly"}
    )["id"]
    world.ids["/api/v1/triggers"] = _ask(
        world, "POST", "/triggers", {"name": "called", "target": job, "waits_for": "call"}
    )["id"]
    world.ids["/api/v1/alerts"] = _raise_alert(world)
    policy = {"name": "back", "model": HIDDEN["model"], "kinds": ["errors_high"], "act": "rollback"}
    world.ids["/api/v1/alert-policies"] = _ask(world, "POST", "/alert-policies", policy)["id"]
    goal = _ask(world, "POST", f"/projects/{project}/goals", {"title": "goal"})["id"]
    _ask(world, "POST", f"/projects/{project}/goals/{goal}/ties", {"kind": "version", "name": f"{HIDDEN['model']}:1"})
    _ask(world, "POST", f"/projects/{project}/goals/{goal}/values", {"value": 1, "source": "test"})
    subject = f"/subjects/model/{HIDDEN['model']}"
    _ask(world, "PUT", f"{subject}/tags/gold")
    _ask(world, "PUT", f"{subject}/properties/cost", {"value": "1", "type": "text"})
    world.ids["/api/v1/projects/{project}/goals"] = goal
    world.ids["/api/v1/projects/{project}/webhooks"] = world.ids["/api/v1/webhooks"] = _ask(
        world, "POST", f"/projects/{project}/webhooks", {"url": HOOK}
    )["id"]
    world.ids["/api/v1/keys"] = _ask(world, "POST", "/keys", {"name": "k", "project": project})["id"]


def _make_distant_model(world: World) -> None:
    """A model that runs elsewhere, with a folder that is watched for its records."""
    project = HIDDEN["project"]
    settings = {"project": project, "kind": "local", "settings": {"folder": LAKE}}
    _ask(world, "PUT", f"/data/{HIDDEN['lake']}/connection", settings)
    _ask(world, "POST", "/models", {"name": HIDDEN["elsewhere"], "project": project, "signature": DISTANT})
    watched = {"model": HIDDEN["elsewhere"], "data": f"data://{HIDDEN['lake']}/in", "every_seconds": 86_400}
    asked = {"model": HIDDEN["elsewhere"], "dataset": HIDDEN["data"], "labels": False}
    world.ids["/api/v1/collections"] = _ask(world, "POST", "/collections", asked)["id"]
    world.ids["/api/v1/record-folders"] = _ask(world, "POST", "/record-folders", watched)["id"]


def _failed_job(world: World, file: dict[str, Any]) -> str:
    """A job that ran, failed, and left a file."""
    wanted = {"project": HIDDEN["project"], "files": [file], "command": ["a.csv"], "requirements": []}
    job: str = _ask(world, "POST", "/jobs", wanted)["ids"][0]
    wait_until(lambda: (job, 1) in world.control.host.jobs.orders, what="the job runs")
    world.control.host.jobs.end(job, status=1, files=[msgspec.convert(file, BundleFile)])
    wait_until(lambda: _ask(world, "GET", f"/jobs/{job}")["state"] == "failed", what="the job has ended")
    return job


def _make_people(world: World) -> None:
    for name in ("ana", "asker", DEFAULT_VIEWER, *PEOPLE):
        wanted: dict[str, Any] = {"name": name}
        if name in ON_THE_PROJECT:
            wanted |= {"role": name, "project": HIDDEN["project"]}
        elif name in ON_THE_INSTALLATION:
            wanted |= {"role": name}
        elif name == "other":
            wanted |= {"role": "owner", "project": ELSEWHERE}
        elif name == DEFAULT_VIEWER:
            wanted |= {"role": "viewer", "project": "default"}
        link = _ask(world, "POST", "/users", wanted)["url"].partition("#")[2]
        _ask(world, "POST", "/password/link", {"link": link, "password": PASSWORD}, by=_sender(world, {}))
        opened = world.client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        session = {
            "cookie": f"unshelf_session={opened.cookies['unshelf_session']}",
            "x-unshelf-csrf": opened.json()["csrf_token"],
        }
        world.client.cookies.clear()
        by_session = _sender(world, session)
        token = _ask(world, "POST", "/tokens", {"name": "t"}, by=by_session)
        by_token = _sender(world, {"authorization": f"Bearer {token['token']}"})
        world.callers[name] = {"session": by_session, "token": by_token}
        _ask(world, "PUT", "/notifications/choices/default", CHANNELS, by=by_token)
        if name == "ana":
            world.ids["/api/v1/tokens"] = token["id"]
            world.ids["/api/v1/sessions"] = opened.json()["id"]
    late = _ask(world, "POST", "/users", {"name": "late"})["url"].partition("#")[2]
    _ask(world, "POST", "/users", {"name": "gone"})
    _ask(world, "POST", "/users/gone/deactivate", {})
    device = _ask(world, "POST", "/device/codes", {"name": "d"}, by=_sender(world, {}))
    login = _ask(world, "POST", "/session/links")["url"].rpartition("/")[2]
    world.codes |= {
        "password_link": late, "login_link": login, "user_code": device["user_code"],
        "device_code": device["device_code"],
    }  # fmt: skip
    _ask(world, "POST", "/groups", {"name": "team"})
    _ask(world, "PUT", "/groups/team/members/ana")


def _make_keys(world: World) -> None:
    wanted: dict[str, dict[str, Any]] = {
        "key elsewhere": {"role": "contributor", "project": ELSEWHERE},
        "key caller": {"role": "caller", "models": [HIDDEN["model"]]},
        "key contributor": {"role": "contributor", "project": HIDDEN["project"]},
        "key administrator": {"role": "administrator"},
    }
    for name in KEYS:
        token = _ask(world, "POST", "/keys", {"name": name, **wanted[name]})["token"]
        world.callers[name] = {"key": _sender(world, {"authorization": f"Bearer {token}"})}
        _ask(world, "PUT", "/notifications/choices/default", CHANNELS, by=world.callers[name]["key"])
    world.callers["nobody"] = {"none": _sender(world, {})}


def _make_belongings(world: World) -> None:
    """What people do in the project: the owner's words, and a request of somebody who sees the model."""
    owner, asker = (world.callers[name]["token"] for name in ("owner", "asker"))
    project, model = HIDDEN["project"], HIDDEN["model"]
    note = _ask(world, "POST", f"/projects/{project}/notes", {"text": "note"}, by=owner)
    world.ids["/api/v1/projects/{project}/notes"] = note["id"]
    comment = _ask(world, "POST", f"/subjects/model/{model}/comments", {"text": "comment"}, by=owner)
    world.ids["/api/v1/subjects"] = comment["id"]
    _ask(world, "PUT", f"/models/{model}/visibility", {"visibility": "internal"})
    asked = _ask(world, "POST", "/requests", {"model": model, "wanted": {"role": "caller"}, "reason": "test"}, by=asker)
    world.ids["/api/v1/requests"] = asked["id"]
    scenario = {"name": "s", "inputs": [1.0], "shared": True}
    app = f"/apps/{HIDDEN['app']}"
    _ask(world, "PUT", app, {"model": model, "title": "t"}, by=owner)
    world.ids["/api/v1/apps/{name}/tokens"] = _ask(world, "POST", f"{app}/tokens", {"name": "t"}, by=owner)["id"]
    world.ids["/api/v1/models/{name}/scenarios"] = _ask(
        world, "POST", f"/models/{model}/scenarios", scenario, by=owner
    )["id"]
    _ask(world, "PUT", f"/models/{model}/visibility", {"visibility": "private"})
    granted = _ask(world, "GET", f"/projects/{project}/members")["members"]
    world.ids["/api/v1/members"] = next(each["id"] for each in granted if each["name"] == "viewer")
    wait_until(
        lambda: not world.control.http.get("/api/v1/deploys?state=running").json()["deploys"], what="deploys end"
    )


def _sender(world: World, headers: dict[str, str]) -> Send:
    def send(method: str, path: str, **request: Any) -> httpx.Response:
        more = request.pop("headers", {})
        with world.client.stream(method, path, headers=headers | more, **request) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                answer.read()
            return answer

    return send
