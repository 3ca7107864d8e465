"""Mentions of jobs: each capability that keeps ids of jobs says which, so that a job's page leads to what became of it, and nothing that
is in use is deleted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor


@dataclass(frozen=True, kw_only=True)
class JobMention:
    """One thing that names a job."""

    job: str
    """The id."""
    kind: str
    """A noun: `version`, `data`, `scoring`, `bench`, `pipeline run`, `sweep`, `schedule`, `trigger`."""
    name: str
    """The title for people."""
    page: str
    """The path of its page."""
    owns: bool = False
    """Whether the job is its own work: it is run again only by doing that again."""


FindJobMentions = Callable[[Session, Actor | None, Sequence[str]], list[JobMention]]
"""Finds what one capability keeps that names some of these jobs, as far as the actor may see it; None: all of it."""
_JOBS_A_QUERY = 500


class JobMentions:
    """All mentions of jobs, of all capabilities together."""

    def __init__(self) -> None:
        self._finders: list[FindJobMentions] = []

    def add(self, find: FindJobMentions) -> None:
        """Have what a capability keeps found too."""
        self._finders.append(find)

    def outside(self, session: Session, jobs: Sequence[str], kind: str) -> set[str]:
        """Return those of these jobs that something of another kind names."""
        return {each.job for each in self.of(session, None, jobs) if each.kind != kind}

    def of(self, session: Session, actor: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
        """Return what names these jobs, as far as the actor may see it; None: all of it."""
        found: list[JobMention] = []
        for start in range(0, len(jobs), _JOBS_A_QUERY):
            some = jobs[start : start + _JOBS_A_QUERY]
            for find in self._finders:
                found += find(session, actor, some)
        return found
