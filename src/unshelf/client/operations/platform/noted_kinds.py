"""Kinds about what people note on projects and models: goals, tags and properties, and the roles of columns."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import API, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import FieldShape, flag, number, one_of, place, text, texts
from unshelf.contracts.errors import Forbidden, NotFound

_GOAL = ("title", "description", "owner", "due", "metric", "direction", "target", "worth")
_ROLES = {
    "prediction": text(), "scores": text(), "classes": texts(), "task": one_of("classification", "regression", "ranking"),
    "label": text(), "key": text(), "slices": texts(), "time": text(), "query": text(),
}  # fmt: skip
_NAMED_TYPES = ("date", "link")
"""Types of properties that a value does not show: both are texts."""
_VALUE = FieldShape(
    expected="a text, a number, true or false", fits=lambda value: isinstance(value, str | int | float), needed=True
)


def _goals(of: Installation) -> Iterator[Item]:
    for project in of.projects():
        path, found = f"/projects/{quote(project, safe='')}/goals", {}
        for closed in ("true", "false"):  # of several with one title the newest that is open is meant
            for goal in acts.readable(of.listed(path, "goals", closed=closed)):
                found[goal["title"]] = {**goal, "closed": closed == "true", "_id": goal["id"]}
        yield from found.values()


def _set_goal(of: Installation, item: Item) -> None:
    made = acts.call("POST", "/projects/{project}/goals", *_GOAL)(of, item)
    if item.get("closed"):
        _close_goal(of, {**item, "_id": made["id"]})


_CHANGE_GOAL = acts.change_by("PATCH", "/projects/{project}/goals/{_id}", *_GOAL[1:], "closed")


def _close_goal(of: Installation, item: Item) -> None:
    _CHANGE_GOAL(of, item, {"closed": True})


def _ties(of: Installation) -> Iterator[Item]:
    for goal in _goals(of):
        for tie in goal["ties"]:
            yield {**goal, "goal": goal["title"], "kind": tie["kind"], "name": tie["name"]}


def _tie(of: Installation, item: Item) -> None:
    for goal in _goals(of):
        if (goal["project"], goal["title"]) == (item["project"], item["goal"]):
            acts.call("POST", "/projects/{project}/goals/{_id}/ties", "kind", "name")(of, {**item, "_id": goal["_id"]})
            return
    raise NotFound(f"There is no goal {item['goal']!r} in the project {item['project']}.")


def _noted(of: Installation, name: str) -> Iterator[Item]:
    for on in acts.places(of):
        kind, _, subject = on.partition(":")
        try:
            described = of.http.get(f"{API}/subjects/{kind}/{quote(subject, safe='')}")
        except (Forbidden, NotFound):
            continue
        for each in described[name]:
            yield {**each, "on": on}


def _on_subject(method: str, path: str, *names: str) -> Any:
    def act(of: Installation, item: Item) -> Any:
        kind, _, subject = item["on"].partition(":")
        where = {**item, "subject_kind": kind, "subject": subject}
        return acts.call(method, "/subjects/{subject_kind}/{subject}" + path, *names)(of, where)

    return act


_SET_PROPERTY = _on_subject("PUT", "/properties/{name}", "value", "type")


def _change_property(of: Installation, before: Item, after: Item) -> None:
    kept = before["type"] if before["type"] in _NAMED_TYPES else None
    _SET_PROPERTY(of, {**before, **after, "type": after.get("type", kept)})


def _columns(of: Installation) -> Iterator[Item]:
    """Yield the roles that were set since a model's version was deployed; the others follow from the version."""
    for model in of.models():
        try:
            found = of.http.get(f"{API}/models/{quote(model, safe='')}/columns")
        except (Forbidden, NotFound):
            continue
        edited = {role: found[role] for role, source in found["sources"].items() if source == "edited"}
        without = sorted(role for role, value in edited.items() if not value)
        yield {"model": model, **{role: value for role, value in edited.items() if value}, "without": without or None}


def _change_columns(of: Installation, before: Item, after: Item) -> None:
    taken = {role: None for role in after.get("without", ()) if role in _ROLES}
    body = {**taken, **{role: after[role] for role in _ROLES if role in after}}
    of.http.send("PATCH", f"{API}/models/{quote(before['model'], safe='')}/columns", body)


NOTED_KINDS = (
    PlatformKind(
        name="goals", key={"project": text(needed=True), "title": text(needed=True)},
        fields={
            "description": text(""), "owner": text(""), "due": text(), "metric": text(""),
            "direction": one_of("at_least", "at_most", default="at_least"), "target": number(), "worth": text(""),
            "closed": flag(False),
        },
        listed=_goals, create=_set_goal, change=_CHANGE_GOAL, remove=_close_goal,
        exported=lambda goal: not goal["closed"],
    ),
    PlatformKind(
        name="goal_ties",
        key={
            "project": text(needed=True), "goal": text(needed=True), "kind": one_of("release", "version", needed=True),
            "name": text(needed=True),
        },
        fields={}, listed=_ties, create=_tie,
        remove=acts.call("DELETE", "/projects/{project}/goals/{_id}/ties?kind={kind}&name={name}"),
        exported=lambda tie: not tie["closed"],
    ),
    PlatformKind(
        name="tags", key={"on": place(), "tag": text(needed=True)}, fields={}, listed=lambda of: _noted(of, "tags"),
        create=_on_subject("PUT", "/tags/{tag}"), remove=_on_subject("DELETE", "/tags/{tag}"),
    ),
    PlatformKind(
        name="properties", key={"on": place(), "name": text(needed=True)},
        fields={"value": _VALUE, "type": one_of("text", "number", "boolean", "date", "link")},
        listed=lambda of: _noted(of, "properties"), create=_SET_PROPERTY, change=_change_property,
        remove=_on_subject("DELETE", "/properties/{name}"),
    ),
    PlatformKind(
        name="columns", key={"model": text(needed=True)},
        fields={**_ROLES, "without": texts()}, listed=_columns, create=None, change=_change_columns,
        exported=lambda columns: len([value for value in columns.values() if value]) > 1,
        remedy="Roles are of columns of versions: deploy {model}, and apply again.",
    ),
)  # fmt: skip
"""In the order in which they are made."""
