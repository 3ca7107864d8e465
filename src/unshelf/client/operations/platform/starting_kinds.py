"""Kinds about what is started again: schedules and triggers, whose targets a file names as people do."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import API, Act, Change, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import one_of, text, whole
from unshelf.contracts.errors import NotFound


@dataclass(frozen=True, kw_only=True)
class StartedThings:
    """How things of a kind that can be started again are listed and named."""

    path: str
    """The path of their list; `items` is its name in answers."""
    items: str
    name: str = "name"
    """The field that people know one by."""
    asked: str = ""
    """The parameter by which the list has those of one name; empty: there is none."""
    remedy: str


STARTED = {
    "job": StartedThings(path="/jobs", items="jobs", remedy="run it once by `unshelf run`"),
    "pipeline": StartedThings(path="/pipelines", items="pipelines", asked="name", remedy="keep it by `unshelf pipelines keep`"),
    "scoring": StartedThings(path="/scorings", items="scorings", remedy="run it once by `unshelf score`"),
    "collection": StartedThings(
        path="/collections", items="collections", name="dataset", asked="dataset",
        remedy="collect predictions into the dataset once",
    ),
}  # fmt: skip
"""A job, a pipeline and a scoring go by their names, a collection by its dataset; of several with a name, the newest."""


def name_of(of: Installation, kind: str | None, id: str | None) -> str | None:
    """Return the name of what an id stands for; the id of what is not there any more."""
    if kind is None or id is None:
        return None
    things = STARTED[kind]
    try:
        return str(of.http.get(f"{API}{things.path}/{id}")[things.name])
    except NotFound:
        return id


def id_of(of: Installation, project: str, kind: str, name: str) -> str:
    """Return the id of the newest thing of a name in a project. Raises NotFound."""
    things = STARTED[kind]
    asked: dict[str, Any] = {things.asked: name} if things.asked else {"project": project}
    for found in of.listed(things.path, things.items, **asked):
        if found["project"] == project and found[things.name] == name:
            return str(found["id"])
    raise NotFound(f"The project {project!r} has no {kind} {name!r}.", hint=f"There, {things.remedy}, and apply again.")


def _listed(of: Installation, path: str, items: str) -> Iterator[Item]:
    for each in acts.readable(of.listed(path, items)):
        yield {**each, "target": name_of(of, each["kind"], each["target"]), "_id": each["id"]}


def _create(path: str, *names: str) -> Act:
    def create(of: Installation, item: Item) -> Any:
        target = id_of(of, item["project"], item["kind"], item["target"])
        made = acts.call("POST", path, "name", "kind", "target", *names)(of, {**item, "target": target})
        if item.get("state") == "paused":
            of.http.send("PATCH", f"{API}{path}/{made['id']}", {"state": "paused"})
        return made

    return create


def _change_schedule(of: Installation, before: Item, after: Item) -> Any:
    change: Change = acts.change_by("PATCH", "/schedules/{_id}", "cron", "time_zone", "catch_up", "target", "state")
    wanted = {name: value for name, value in after.items() if value != before.get(name)}
    if "target" in wanted:
        wanted["target"] = id_of(of, before["project"], before["kind"], wanted["target"])
    return change(of, before, wanted)


_KEY = {"project": text(needed=True), "name": text(needed=True)}
_KIND = one_of(*STARTED, default="job")
_STATE = one_of("active", "paused", default="active")
_CREATE_SCHEDULE = _create("/schedules", "cron", "time_zone", "catch_up")
_CREATE_TRIGGER = _create("/triggers", "waits_for", "action", "subject", "most_an_hour")
_REMOVE_SCHEDULE = acts.call("DELETE", "/schedules/{_id}")
_REMOVE_TRIGGER = acts.call("DELETE", "/triggers/{_id}")
_CHANGE_TRIGGER = acts.change_by("PATCH", "/triggers/{_id}", "state")
_TRIGGER_FIELDS = ("kind", "target", "waits_for", "action", "subject", "most_an_hour")

STARTING_KINDS = (
    PlatformKind(
        name="schedules", key=_KEY,
        fields={
            "kind": _KIND, "target": text(needed=True), "cron": text(needed=True), "time_zone": text("UTC"),
            "catch_up": one_of("skip", "latest", "all", default="latest"), "state": _STATE,
        },
        listed=lambda of: _listed(of, "/schedules", "schedules"), create=_CREATE_SCHEDULE, remove=_REMOVE_SCHEDULE,
        change=acts.make_again_for(("kind",), _change_schedule, _REMOVE_SCHEDULE, _CREATE_SCHEDULE),
    ),
    PlatformKind(
        name="triggers", key=_KEY,
        fields={
            "kind": _KIND, "target": text(needed=True), "waits_for": one_of("event", "call", default="event"),
            "action": text(""), "subject": text(""), "most_an_hour": whole(60), "state": _STATE,
        },
        listed=lambda of: _listed(of, "/triggers", "triggers"), create=_CREATE_TRIGGER, remove=_REMOVE_TRIGGER,
        change=acts.make_again_for(_TRIGGER_FIELDS, _CHANGE_TRIGGER, _REMOVE_TRIGGER, _CREATE_TRIGGER),
    ),
)  # fmt: skip
"""In the order in which they are made."""
