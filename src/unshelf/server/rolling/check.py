"""`python -m unshelf.server.rolling.check`: whether this program, with these settings, can take the place of the server that runs.

Started by that server before anything is changed. The question comes on standard input; the answer, a ChangePlan, is the last line of
standard output."""

import os
import sys
from typing import Any

import msgspec

from unshelf import __version__
from unshelf.contracts.errors import UnshelfError
from unshelf.server.backends import UnknownBackend, refuse_unusable_backends
from unshelf.server.backups.upgrade import CannotUpgrade, pending_upgrade, prepare_upgrade
from unshelf.server.extras import ExtraMissing, refuse_missing_extras
from unshelf.server.rolling.changes import SettingChange, changes_between, fixed_among, values_of
from unshelf.server.rolling.handover import GENERATION, fields_missing
from unshelf.server.settings import Settings, read_settings


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """Facts of the server that runs."""

    generation: int
    program: str
    given: dict[str, Any]
    settings: dict[str, Any]
    hands_over: list[str] = []
    """The fields of what it hands over; empty from a program that does not tell them."""
    prepare: bool
    """Whether the change is to be made: then a database that will be migrated is backed up now, while all is as it was."""


class ChangePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A change that can be made, or why it can't."""

    program_before: str = ""
    program: str = ""
    settings: list[SettingChange] = []
    migration: str = ""
    """`0065 → 0066`: the revisions of the database's tables; empty: they stay."""
    backup: str = ""
    """Where the database was backed up before that."""
    problem: str = ""
    hint: str = ""


def plan_of(question: Question) -> ChangePlan:
    """Look, prepare if that is wanted, and say."""
    try:
        settings = read_settings(**question.given)
    except ValueError as error:
        return ChangePlan(problem=f"The settings are wrong: {error}.", hint="docs/reference/settings.md explains each.")
    plan = ChangePlan(
        program_before=question.program,
        program=__version__,
        settings=changes_between(question.settings, values_of(settings)),
    )
    try:
        return _carried_out(plan, question, settings)
    except (ExtraMissing, UnknownBackend, CannotUpgrade) as error:
        return msgspec.structs.replace(plan, problem=f"{error}")
    except UnshelfError as error:
        return msgspec.structs.replace(plan, problem=error.detail, hint=error.hint)


def _carried_out(plan: ChangePlan, question: Question, settings: Settings) -> ChangePlan:
    if question.generation != GENERATION or (question.hands_over and fields_missing(question.hands_over)):
        return msgspec.structs.replace(
            plan, problem=f"Unshelf {plan.program} can't work beside Unshelf {question.program}, which runs.",
            hint="Stop the server and start it with the new program. Predictions are answered 503 in between.",
        )  # fmt: skip
    fixed = fixed_among(plan.settings)
    if fixed:
        return msgspec.structs.replace(
            plan, problem=f"{', '.join(fixed)} can't change while the server runs.",
            hint="Stop it and start it with the new settings, or leave these as they are.",
        )  # fmt: skip
    refuse_missing_extras(settings)
    refuse_unusable_backends(settings)
    pending = pending_upgrade(settings)
    if pending is None:
        return plan
    plan = msgspec.structs.replace(plan, migration=f"{pending[0]} → {pending[1]}")
    if not question.prepare:
        return plan
    return msgspec.structs.replace(plan, backup=prepare_upgrade(settings) or "")


def main() -> int:
    """Answer the question on standard input."""
    question = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    os.umask(0o077)
    plan = plan_of(question)
    sys.stdout.write(msgspec.json.encode(plan).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
