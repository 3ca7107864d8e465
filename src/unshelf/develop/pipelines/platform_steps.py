"""Steps that the platform carries out itself, such as a deploy: the port that other wings implement, and the queue that works on them."""

from collections.abc import Callable, Mapping
from typing import Protocol

from sqlalchemy.orm import Session

from unshelf.contracts.errors import Unavailable, UnshelfError
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop

QUEUE = "pipeline-steps"
_AT_ONCE = 8
_OF_ONE_ACTOR = 4
_AGAIN_SECONDS = 3.0


class PlatformStep(Protocol):
    """Carries out steps of one kind. Registered by the capability whose act it is."""

    def begin(self, actor: Actor, order: StepOrder) -> StepOutcome:
        """Carry out a step, or begin it: `running`, with what `look` finds it by. It may take minutes.

        It is called again where nobody knows whether an earlier call came to its end: the same order does nothing twice. Raises
        UnshelfError where it may not, or can't, be done."""

    def look(self, session: Session, facts: Mapping[str, object]) -> StepOutcome | None:
        """Say how something that `begin` left running came out; None: it goes on."""

    def cancel(self, actor: Actor | None, facts: Mapping[str, object]) -> None:
        """End something that runs, as far as it can be ended. Raises nothing for what is over. `actor` None: who ran it may do nothing
        any more."""


class PlatformSteps:
    """The kinds of step that the platform carries out, and the queue that begins them."""

    def __init__(self, database: Database, loops: Loops) -> None:
        self._database = database
        self._loops = loops
        self._kinds: dict[str, PlatformStep] = {}
        self._act: Callable[[str], None] = lambda _key: None
        loops.add(QueueLoop(name=QUEUE, act=self._work, workers=_AT_ONCE, of_one_actor=_OF_ONE_ACTOR))

    def register(self, kind: str, step: PlatformStep) -> None:
        """Have steps of a kind carried out."""
        self._kinds[kind] = step

    def of(self, kind: str) -> PlatformStep:
        """Return what carries out steps of a kind."""
        return self._kinds[kind]

    def on_work(self, act: Callable[[str], None]) -> None:
        """Have a step begun by its key; what `act` raises as Unavailable is tried again."""
        self._act = act

    def add(self, session: Session, key: str, *, actor: str) -> None:
        """Have a step begun, in the caller's transaction. Call `wake` once that is committed."""
        self._loops.add_work(session, QUEUE, key, actor=actor)

    def wake(self) -> None:
        """Look for work at once."""
        self._loops.wake(QUEUE)

    def _work(self, claim: Claim) -> None:
        try:
            self._act(claim.key)
        except Unavailable as error:
            raise Postponed(error.detail, seconds=error.retry_after or _AGAIN_SECONDS) from None
        with self._database.transaction() as session:
            claim.finish(session)


def refused(error: UnshelfError) -> StepOutcome:
    """Return the outcome of a step that may not, or can't, be done."""
    said = error.detail.rstrip(".") + "."
    return StepOutcome(state="failed", reason=f"{said} {error.hint}".strip(), facts={})
