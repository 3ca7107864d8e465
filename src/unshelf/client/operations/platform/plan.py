"""Plans: what must be done so that an installation is as a file says; carried out, and the file of what is."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from unshelf.client.http import Http
from unshelf.client.operations.platform.checking import (
    Document,
    Place,
    check_document,
    check_needed,
    check_references,
    number_of,
)
from unshelf.client.operations.platform.kind import Installation, Item, PlatformKind
from unshelf.client.operations.platform.model_kinds import MODEL_KINDS
from unshelf.client.operations.platform.noted_kinds import NOTED_KINDS
from unshelf.client.operations.platform.people_kinds import PEOPLE_KINDS
from unshelf.client.operations.platform.spending_kinds import SPENDING_KINDS
from unshelf.client.operations.platform.starting_kinds import STARTING_KINDS
from unshelf.client.operations.platform.watching_kinds import WATCHING_KINDS
from unshelf.contracts.errors import UnshelfError

KINDS: tuple[PlatformKind, ...] = (
    *PEOPLE_KINDS,
    *SPENDING_KINDS,
    *MODEL_KINDS,
    *NOTED_KINDS,
    *WATCHING_KINDS,
    *STARTING_KINDS,
)
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

    @property
    def remedy(self) -> str:
        """The way to get a thing that is missing; empty: nothing is."""
        if self.act != "missing":
            return ""
        shown = {**self.wanted, "on": str(self.wanted.get("on", "")).replace(":", " ")}
        return self.kind.remedy.format_map(shown)


@dataclass(frozen=True, kw_only=True)
class PlatformOutcome:
    """Outcome of a step."""

    step: PlannedStep
    answer: Any = None
    problem: str = ""
    """Why it could not be done; empty: it was."""


def checked(document: dict[str, Any], place: Place = number_of) -> Document:
    """Return a document. Raises UnshelfError for what is no kind, no field, no value of one, or twice there."""
    check_document(KINDS, document, place)
    return document


def plan(http: Http, document: Document, *, prune: bool = False, place: Place = number_of) -> list[PlannedStep]:
    """Compare an installation with a checked document; what it does not name is left alone, but for `prune`: of the kinds that it names.

    Raises UnshelfError where a thing lacks what it can't be made without, or refers to what there is not."""
    installation = Installation(http)
    check_references(installation, KINDS, document, place)
    steps: list[PlannedStep] = []
    removals: list[PlannedStep] = []
    for kind in KINDS:
        if kind.name in document:
            found = {kind.key_of(item): item for item in kind.listed(installation)}
            steps += _needed(kind, document[kind.name], found, place)
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
    check_document(KINDS, {name: [] for name in kinds or ()}, lambda kind, _, __: kind)
    installation = Installation(http)
    found: Document = {}
    for kind in KINDS:
        if kinds is None or kind.name in kinds:
            items = [_plain(kind, item) for item in kind.listed(installation) if kind.exported(item)]
            if items:
                found[kind.name] = sorted(items, key=kind.key_of)
    return found


def _needed(
    kind: PlatformKind, items: list[Item], found: dict[tuple[str, ...], Item], place: Place
) -> Iterator[PlannedStep]:
    for index, wanted in enumerate(items):
        there = found.get(kind.key_of(wanted))
        if there is None:
            usual = {name: shape.default for name, shape in kind.shapes.items() if shape.default is not None}
            if kind.create is not None:
                check_needed(kind, index, wanted, place)
            act: StepAct = "missing" if kind.create is None else "create"
            yield PlannedStep(kind=kind, act=act, wanted={**usual, **wanted})
            continue
        changes = {
            name: (there.get(name), wanted[name])
            for name, shape in kind.fields.items()
            if name in wanted and not shape.only_made and not _same(there.get(name), wanted[name])
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
    raise UnshelfError(f"A file can't make this: {step.name}.", code="missing", hint=step.remedy)


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
