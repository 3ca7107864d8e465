"""`python -m unshelf.manage.backups.backup_process`: makes the backup that a line of standard input orders.

It prints its steps and what came of it, a line each.

In a process of its own: it reads and hashes whatever the installation has, for which control's requests need not wait."""

import os
import sys

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.manage.backups.making import Say
from unshelf.manage.backups.order import BackupOrder, BackupOutcome, BackupStep, carry_out
from unshelf.runtime.lifecycle import forbid_core_dumps, terminate_with_parent
from unshelf.runtime.machine.background import run_in_background
from unshelf.runtime.machine.refused_files import owner_hint

_NICENESS = 10


def main() -> int:
    """Read the order, make the backup; the exit status."""
    os.umask(0o077)
    forbid_core_dumps()  # keys pass through its memory
    run_in_background(_NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=BackupOrder)
    terminate_with_parent()
    outcome = made(order, lambda says: _say(BackupStep(says=says)))
    _say(outcome)
    return 1 if outcome.problem else 0


def _say(said: BackupStep | BackupOutcome) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(said) + b"\n")
    sys.stdout.buffer.flush()


def made(order: BackupOrder, say: Say = lambda _: None) -> BackupOutcome:
    """Make the backup, or say why there is none."""
    try:
        return BackupOutcome(manifest=carry_out(order, say))
    except UnshelfError as error:
        return BackupOutcome(problem=f"{error.detail} {error.hint}".strip())
    except DatabaseUnavailable as error:
        return BackupOutcome(problem=str(error))
    except OSError as error:
        return BackupOutcome(problem=". ".join(filter(None, (str(error), owner_hint(error)))))


if __name__ == "__main__":
    sys.exit(main())
