"""The door to trying versions out: the form of their inputs, and answers with the purpose `try`, which nothing counts as use."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.signature import Signature
from unshelf.deploy.registry.values import InspectedModel
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope

_MOST_EXAMPLE_BYTES = 4 << 20


@dataclass(frozen=True, kw_only=True)
class VersionInputs:
    """Signature, example and baseline of a version, from which a form for its inputs is made."""

    model: str
    version: int
    versions: list[int]
    aliases: dict[str, int]
    signature: Signature | None
    """None: it was registered before versions had one."""
    inputs: list[Any]
    """The first row of the example, as far as there is one that the actor may read."""
    baseline: list[ColumnProfile]


class TryService:
    """Asks versions through the gateways' private door on behalf of people who look at a page."""

    def __init__(
        self, *, inspect: Callable[[str], InspectedModel], scope_of: Callable[[str], Scope],
        baseline_of: Callable[[str, int], list[ColumnProfile]], read_blob: Callable[[str], bytes],
        predict: Callable[[DoorRequest], DoorOutcome], turns: TryTurns,
    ) -> None:  # fmt: skip
        self._inspect = inspect
        self._scope_of = scope_of
        self._baseline_of = baseline_of
        self._read_blob = read_blob
        self._predict = predict
        self._turns = turns

    def form(self, actor: Actor, ref: str) -> VersionInputs:
        """Return what a form is made from. Example and baseline are data: only of a model whose data the actor may read.

        Raises NotFound."""
        found = self._inspect(ref)
        model, number = found.version_named
        reads_data = actor.may(Permission.DATA_READ, self._scope_of(model))
        return VersionInputs(
            model=model, version=number, versions=sorted(each.version for each in found.versions), aliases=found.aliases,
            signature=found.version.checks.signature, inputs=self._example(found.version.manifest) if reads_data else [],
            baseline=self._baseline_of(model, number) if reads_data else [],
        )  # fmt: skip

    def ask(self, actor: Actor, ref: str, inputs: list[Any], params: dict[str, Any] | None) -> DoorOutcome:
        """Ask for the rows; the outcome may be a problem. Raises TooManyRequests, and Unavailable when no gateway answers."""
        body = msgspec.json.encode({"inputs": inputs} if params is None else {"inputs": inputs, "params": params})
        with self._turns.turn(actor.id):
            return self._predict(DoorRequest(actor=actor.label, reference=ref, purpose="try", body=body))

    def _example(self, manifest: Manifest) -> list[Any]:
        file = next((each for each in manifest.files if each.path == manifest.example), None)
        if file is None or file.size > _MOST_EXAMPLE_BYTES:
            return []
        try:
            example = msgspec.json.decode(self._read_blob(file.sha256))
        except msgspec.DecodeError:  # a file for Python's JSON, with NaN among its numbers
            return []
        rows = example.get("inputs") if isinstance(example, dict) else None
        return rows[:1] if isinstance(rows, list) else []
