"""Sources of endings: roles, personal tokens and keys."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.foundation.events.event import Subject
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.news.endings import Ending, EndingSource
from unshelf.manage.personal_tokens.tables import PersonalTokenRow

Members = Callable[[Session, str], list[str]]
"""Finds the ids of a group's members by its id."""


def roles_of(members: Members) -> EndingSource:
    """Roles of users, and of groups: each member hears of those."""

    def ending(session: Session, start: datetime, end: datetime) -> list[Ending]:
        rows = session.scalars(select(GrantRow).where(GrantRow.expires_at.between(start, end)))
        return [
            Ending(
                kind="role", id=row.id, people=[row.holder] if row.holder_kind == "user" else members(session, row.holder),
                what=f"Your role {row.role} on {_place(row)}", subject=_subject(row), began_at=row.created_at,
                ends_at=row.expires_at, advice="To ask for it again: unshelf requests access",
            )
            for row in rows
            if row.expires_at is not None
        ]  # fmt: skip

    return ending


def tokens(session: Session, start: datetime, end: datetime) -> list[Ending]:
    """Personal tokens."""
    rows = session.scalars(
        select(PersonalTokenRow).where(
            PersonalTokenRow.expires_at.between(start, end), PersonalTokenRow.revoked_at.is_(None)
        )
    )
    return [
        Ending(
            kind="token", id=row.id, people=[row.user_id], what=f"Your token {row.name!r}",
            subject=Subject(kind="token", name=row.id), began_at=row.created_at, ends_at=row.expires_at,
            advice="To make another one: unshelf tokens create",
        )
        for row in rows
        if row.expires_at is not None
    ]  # fmt: skip


def keys(session: Session, start: datetime, end: datetime) -> list[Ending]:
    """Keys that somebody answers for."""
    rows = session.scalars(
        select(KeyRow).where(
            KeyRow.expires_at.between(start, end), KeyRow.revoked_at.is_(None), KeyRow.owner.is_not(None)
        )
    )
    return [
        Ending(
            kind="key", id=row.id, people=[row.owner], what=f"The key {row.name!r} of yours",
            subject=Subject(kind="key", name=row.id, project=row.project), began_at=row.created_at,
            ends_at=row.expires_at, advice="To make another one: unshelf keys create",
        )
        for row in rows
        if row.expires_at is not None and row.owner is not None
    ]  # fmt: skip


def _place(row: GrantRow) -> str:
    return "the installation" if row.scope_kind == "installation" else f"the {row.scope_kind} {row.scope!r}"


def _subject(row: GrantRow) -> Subject:
    model, project = (row.scope if row.scope_kind == kind else None for kind in ("model", "project"))
    return Subject(kind=row.scope_kind, name=row.scope, model=model, project=project)
