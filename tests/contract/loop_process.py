"""`python -m tests.contract.loop_process URL OWNER LOG`: a process that works off the queue and the periodic loop of test_loops.

It appends a line to the log for each thing that it begins and each that it has done."""

import os
import sys
import threading
import time
from pathlib import Path

from sqlalchemy import text

from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, PeriodicLoop, QueueLoop
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.server.backends import load_backend


def main(url: str, owner: str, log: str) -> None:
    """Work until standard input ends."""
    database = load_backend("database", url)(url)
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    held_up = Path(log).with_name(f"hold-{owner}")

    def note(line: str) -> None:
        os.write(descriptor, f"{line} {owner}\n".encode())

    def act(claim: Claim) -> None:
        note(f"begun {claim.key}")
        while held_up.exists():
            time.sleep(0.01)
        with database.transaction() as session:
            claim.require(session)
            session.execute(
                text("INSERT INTO results (work, owner) VALUES (:work, :owner)"), {"work": claim.key, "owner": owner}
            )
            claim.finish(session)
        note(f"done {claim.key}")

    def beat() -> None:
        note("beat")

    metrics = LoopMetrics(Path(log).parent / "metrics", 0)
    loops = Loops(database, metrics, owner=owner, lease_seconds=3.0, poll_seconds=0.05)
    loops.add(QueueLoop(name="queue", act=act, workers=2))
    loops.add(PeriodicLoop(name="beat", act=beat, every=0.05))
    loops.start()
    note("ready")
    while sys.stdin.read(1):
        threading.Event().wait(0)
    loops.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
