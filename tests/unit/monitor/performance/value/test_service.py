"""Values are set by those who decide what callers get, and shown with quality."""

import pytest

from tests.support.actors import user
from tests.support.labelled import ADMIN, EVER, LabelledRecords
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.foundation.access.model_scopes import place_model
from unshelf.manage.audit.service import AuditService
from unshelf.monitor.performance.service import question_of
from unshelf.monitor.performance.value.rule import ValueCell, ValueRule
from unshelf.monitor.performance.value.service import ValueService

RULE = ValueRule(unit="EUR", cells=(ValueCell(truth="1", answer="0", value=-50.0),))


class Heard:
    """Events as they are recorded."""

    def __init__(self) -> None:
        self.events: list[tuple[object, ...]] = []

    def record(self, _session: object, _actor: object, action: str, subject: str, *_: object, **__: object) -> None:
        self.events.append((action, subject))


def test_quality_shows_the_worth_of_each_part(world: LabelledRecords) -> None:
    heard = Heard()
    values = ValueService(world.database, heard, lambda _: None)  # type: ignore[arg-type]
    world.keep(world.call(1, answer=0), world.call(2, answer=1))
    world.label("p1", 1)
    world.joined()
    asked = question_of("iris", None, *EVER)
    assert world.quality.show(ADMIN, asked).measured.worth is None
    values.set(ADMIN, "iris", RULE)
    values.set(ADMIN, "iris", RULE)
    found = world.quality.show(ADMIN, asked)
    assert (found.value, found.measured.worth, found.versions[0].measured.worth) == (RULE, -50.0, -50.0)
    values.set(ADMIN, "iris", None)
    assert world.quality.show(ADMIN, asked).value is None
    assert heard.events == [("model.values_changed", "iris")] * 2, "what is so already is no change"


def test_who_may_and_what_is_refused(world: LabelledRecords) -> None:
    audit: AuditService = Heard()  # type: ignore[assignment]
    values = ValueService(world.database, audit, lambda _: None)
    with world.database.transaction() as session:
        place_model(session, "iris", "risk")
    with pytest.raises(Forbidden):
        values.set(user("vera", risk="validator"), "iris", RULE)
    with pytest.raises(InvalidInput, match="has two values"):
        values.set(ADMIN, "iris", ValueRule(unit="EUR", cells=RULE.cells * 2))
    with pytest.raises(InvalidInput, match="need a unit"):
        values.set(ADMIN, "iris", ValueRule(unit=""))
