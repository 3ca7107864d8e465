"""Plans: what must be done so that an installation is as a file says; carried out, and the file of what is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal

from unshelf.client.http import Http
from unshelf.client.operations.platform.kind import Installation, Item, PlatformKind
from unshelf.client.operations.platform.model_kinds import MODEL_KINDS
from unshelf.client.operations.platform.people_kinds import PEOPLE_KINDS
from unshelf.contracts.errors import UnshelfError

KINDS: tuple[PlatformKind, ...] = (*PEOPLE_KINDS, *MODEL_KINDS)
Document = dict[str, list[Item]]
"""Kind → its things."""
StepAct = Literal["create", "change", "remove", "missing"]


@dataclass(frozen=True, kw_only=True)
class PlannedStep:
    """One thing that is not as the file says."""

    kind: PlatformKind
    act: StepAct
    """missing: a file can't make such a thing."""
    wanted: Item
    found: Item | None = None
    changes: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    """Field → what it is, and what it should be."""

    @property
    def name(self) -> str:
        """The thing, for people."""
        shown = self.kind.key_of(self.wanted)
        return f"{self.kind.name} {' '.join(filter(None, shown))}"


@dataclass(frozen=True, kw_only=True)
class PlatformOutcome:
    """Outcome of a step."""

    step: PlannedStep
    answer: Any = None
    problem: str = ""
    """Why it could not be done; empty: it was."""


def checked(document: dict[str, Any]) -> Document:
    """Return a file's content. Raises UnshelfError for what is no kind, no field or twice there."""
    kinds = {kind.name: kind for kind in KINDS}
    for name, items in document.items():
        if name not in kinds:
            raise _wrong(f"[[{name}]] is nothing that a platform file has.", name, list(kinds))
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise _wrong(f"Write each of {name} as a table of its own: [[{name}]].", "", [])
        _check_items(kinds[name], items)
    return document


def plan(http: Http, document: Document, *, prune: bool = False) -> list[PlannedStep]:
    """Compare an installation with a file; what the file does not name is left alone, but for `prune`: of the kinds that it names."""
    steps: list[PlannedStep] = []
    removals: list[PlannedStep] = []
    installation = Installation(http)
    for kind in KINDS:
        if kind.name in document:
            found = {kind.key_of(item): item for item in kind.listed(installation)}
            steps += _needed(kind, document[kind.name], found)
            if prune and kind.remove is not None:
                named = {kind.key_of(item) for item in document[kind.name]}
                removals += [
                    PlannedStep(kind=kind, act="remove", wanted=item, found=item)
                    for key, item in found.items()
                    if key not in named and kind.exported(item)
                ]
    return [*steps, *reversed(removals)]


def carry_out(http: Http, steps: list[PlannedStep]) -> Iterator[PlatformOutcome]:
    """Do each step, and yield what came of it; one that fails keeps none of the others back."""
    installation = Installation(http)
    for step in steps:
        try:
            yield PlatformOutcome(step=step, answer=_done(installation, step))
        except UnshelfError as error:
            yield PlatformOutcome(step=step, problem=f"{error.detail} {error.hint}".strip())


def exported(http: Http, kinds: list[str] | None = None) -> Document:
    """Return an installation as a file says it: without what everybody has, what ends, and values of secrets."""
    installation = Installation(http)
    found: Document = {}
    for kind in KINDS:
        if kinds is None or kind.name in kinds:
            items = [_plain(kind, item) for item in kind.listed(installation) if kind.exported(item)]
            if items:
                found[kind.name] = sorted(items, key=kind.key_of)
    return found


def _needed(kind: PlatformKind, items: list[Item], found: dict[tuple[str, ...], Item]) -> Iterator[PlannedStep]:
    for wanted in items:
        there = found.get(kind.key_of(wanted))
        if there is None:
            full = {**{name: value for name, value in kind.fields.items() if value is not None}, **wanted}
            yield PlannedStep(kind=kind, act="missing" if kind.create is None else "create", wanted=full)
            continue
        changes = {
            name: (there.get(name), wanted[name])
            for name in kind.fields
            if name in wanted and not _same(there.get(name), wanted[name])
        }
        if changes:
            yield PlannedStep(kind=kind, act="change", wanted=wanted, found=there, changes=changes)


def _done(installation: Installation, step: PlannedStep) -> Any:
    kind, found = step.kind, step.found or {}
    if step.act == "create" and kind.create is not None:
        return kind.create(installation, step.wanted)
    if step.act == "remove" and kind.remove is not None:
        return kind.remove(installation, found)
    if step.act == "change":
        if kind.change is not None:
            return kind.change(installation, found, step.wanted)
        if kind.remove is not None and kind.create is not None:
            kind.remove(installation, found)
            return kind.create(installation, {**found, **step.wanted})
    raise UnshelfError(
        f"A file can't make this: {step.name}.", code="missing",
        hint="Secrets are set by `unshelf secrets set`, tiers by UNSHELF_TIERS; networks are of versions that are deployed.",
    )  # fmt: skip


def _plain(kind: PlatformKind, item: Item) -> Item:
    shown = {name: item.get(name) for name in (*kind.key, *kind.fields)}
    return {name: value for name, value in shown.items() if value is not None}


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, list) and isinstance(other, list):
        return sorted(map(repr, one)) == sorted(map(repr, other))
    if isinstance(one, str) and isinstance(other, int | float) and not isinstance(other, bool):
        return _number(one) == float(other)  # prices are exact on the wire: text
    if one == {} or other == {} or one == "" or other == "":
        return (one or None) == (other or None)
    return bool(one == other)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _check_items(kind: PlatformKind, items: list[Item]) -> None:
    known = [*kind.key, *kind.fields]
    keys = set()
    for item in items:
        for name in item:
            if name not in known:
                raise _wrong(f"{kind.name} have no {name!r}.", name, known)
        key = kind.key_of(item)
        if key in keys:
            raise _wrong(f"{kind.name} {' '.join(key)} is there twice.", "", [])
        keys.add(key)


def _wrong(detail: str, name: str, known: list[str]) -> UnshelfError:
    near = get_close_matches(name, known, 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known are {', '.join(known)}." if known else ""
    return UnshelfError(detail, code="invalid_input", hint=hint)
