"""Service of business values: the rule of each model, set by those who decide what callers get."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.audit.service import AuditService
from unshelf.monitor.performance.value.rule import ValueCell, ValueRule
from unshelf.monitor.performance.value.tables import PredictionValueRow


class ValueService:
    """Keeps the values of predictions."""

    def __init__(self, database: Database, audit: AuditService, must_exist: Callable[[str], None]) -> None:
        """`must_exist` raises NotFound for a model that there is not."""
        self._must_exist = must_exist
        self._database = database
        self._audit = audit

    def set(self, actor: Actor, model: str, rule: ValueRule | None, *, reason: str = "") -> None:
        """Set the values of a model's predictions; None: they have none. Raises NotFound, Forbidden and InvalidInput."""
        self._must_exist(model)
        if rule is not None:
            _check(rule)
        with self._database.transaction() as session:
            scope = scope_of(session, model)
            actor.must_see(scope)
            actor.must(Permission.MODEL_RELEASE, scope)
            row = session.get(PredictionValueRow, model)
            before = None if row is None else plain(_rule_of(row))
            if row is not None:
                session.delete(row)
                session.flush()
            if rule is not None:
                session.add(_row_of(model, rule, actor))
            after = None if rule is None else plain(rule)
            if before != after:
                self._audit.record(
                    session, actor, "model.values_changed", model, after or {}, before=before or {}, reason=reason
                )


def rule_of(session: Session, model: str) -> ValueRule | None:
    """Return the values of a model's predictions; None: they have none."""
    row = session.get(PredictionValueRow, model)
    return None if row is None else _rule_of(row)


def plain(rule: ValueRule) -> dict[str, Any]:
    """Return a rule as JSON values."""
    cells = [{"truth": cell.truth, "answer": cell.answer, "value": cell.value} for cell in rule.cells]
    return {"unit": rule.unit, "cells": cells, "over": rule.over, "under": rule.under}


def _check(rule: ValueRule) -> None:
    pairs = [(cell.truth, cell.answer) for cell in rule.cells]
    if len(set(pairs)) < len(pairs):
        twice = next(pair for pair in pairs if pairs.count(pair) > 1)
        raise InvalidInput(f"The truth {twice[0]!r} with the answer {twice[1]!r} has two values.")
    if not rule.unit:
        raise InvalidInput("Values need a unit.", hint="Such as EUR, or hours.")


def _row_of(model: str, rule: ValueRule, actor: Actor) -> PredictionValueRow:
    return PredictionValueRow(model=model, rule=plain(rule), changed_at=now(), changed_by=actor.label)


def _rule_of(row: PredictionValueRow) -> ValueRule:
    stored = row.rule
    return ValueRule(
        unit=stored["unit"], cells=tuple(ValueCell(**cell) for cell in stored["cells"]), over=stored["over"],
        under=stored["under"],
    )  # fmt: skip
