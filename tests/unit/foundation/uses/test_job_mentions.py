"""What names jobs is asked of every capability, a bounded number of jobs at a time."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.orm import Session

from tests.support.actors import user
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.uses.job_mentions import JobMention, JobMentions


def test_each_capability_is_asked_with_the_actor_and_in_parts(tmp_path: Path) -> None:
    asked: list[tuple[str, int]] = []

    def sweeps(_: Session, actor: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
        asked.append(("nobody" if actor is None else actor.label, len(jobs)))
        return [JobMention(job=jobs[0], kind="sweep", name="Depths", page="/sweeps/1")]

    def benches(_: Session, __: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
        return [JobMention(job=jobs[-1], kind="bench", name="iris:1", page="/benches/1", owns=True)]

    references = JobMentions()
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    with database.read() as session:
        assert references.of(session, None, ["a"]) == []
        references.add(sweeps)
        references.add(benches)
        found = references.of(session, user("ana"), ["a", "b"])
        assert [(each.job, each.kind, each.owns) for each in found] == [("a", "sweep", False), ("b", "bench", True)]
        assert len(references.of(session, None, [str(number) for number in range(501)])) == 4
    database.dispose()
    assert [count for _, count in asked] == [2, 500, 1]
    assert asked[0][0] != "nobody" == asked[1][0]
