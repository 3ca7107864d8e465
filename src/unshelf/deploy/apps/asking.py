"""Asking apps: their models are asked with the purpose `try`, on the grant of who keeps the app, for those who ask it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.contracts.errors import Conflict
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.deploy.apps.app import AppInForce
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.forms.rows import row_of
from unshelf.deploy.apps.forms.words import Said, say
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.actors import Actor

_SUCCESS = 200


@dataclass(frozen=True, kw_only=True)
class AppAnswered:
    """The answer of an app."""

    id: str
    """The prediction's id, under which it is recorded."""
    said: Said
    output: Any
    """The answer itself; None where the app does not show it."""


class AppAsking:
    """Asks the models of apps through the gateways' private door."""

    def __init__(
        self,
        *,
        current: Callable[[Actor], Actor | None],
        predict: Callable[[DoorRequest], DoorOutcome],
        turns: TryTurns,
    ) -> None:
        """`current`: an actor with what they may do now; None: nothing any more."""
        self._current = current
        self._predict = predict
        self._turns = turns

    def ask(self, found: AppInForce, inputs: Mapping[str, Any], *, who: str, label: str) -> AppAnswered | DoorOutcome:
        """Answer what was filled in, or return the outcome that is a problem. `who` asks, by an id; the record has the label.

        Raises InvalidInput for inputs that the app does not take, Conflict where who keeps it may not call the model any more,
        TooManyRequests and Unavailable."""
        row = row_of(found.definition, inputs)
        owner = self._current(Actor(id=found.owner_id, kind=found.owner_kind, label=found.app.owner))
        if owner is None or not owner.may(Permission.MODEL_PREDICT, found.scope):
            raise Conflict(
                "This app does not work at the moment: who keeps it may not call its model any more.",
                hint="Ask somebody who may manage the app to save it anew.",
            )
        with self._turns.turn(who):
            return self._answered(found.definition, row, inputs, f"{label} via app {found.app.name}")

    def preview(self, actor: Actor, filled: AppDefinition, inputs: Mapping[str, Any]) -> AppAnswered | DoorOutcome:
        """Answer as an app of this definition would, on the actor's own grant. Raises as `ask`."""
        row = row_of(filled, inputs)
        with self._turns.turn(actor.id):
            return self._answered(filled, row, inputs, actor.label)

    def _answered(
        self, definition: AppDefinition, row: Any, inputs: Mapping[str, Any], label: str
    ) -> AppAnswered | DoorOutcome:
        asked = {"inputs": [row], **({"params": definition.params} if definition.params else {})}
        request = DoorRequest(actor=label, reference=definition.model, purpose="try", body=msgspec.json.encode(asked))
        outcome = self._predict(request)
        if outcome.status != _SUCCESS:
            return outcome
        outputs = msgspec.json.decode(outcome.body)["outputs"]
        output = outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
        filled_in = {field.name: inputs.get(field.name, field.default) for field in definition.inputs or ()}
        said = say(definition.answer, output, filled_in)
        return AppAnswered(id=outcome.id, said=said, output=output if definition.answer.show else None)
