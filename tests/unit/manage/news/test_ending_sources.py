"""Roles of groups end for their members; keys that nobody answers for end without a word."""

from datetime import timedelta
from pathlib import Path

from tests.support.subjects import subject_world
from unshelf.foundation.clock import now
from unshelf.manage.access.tables import GrantRow
from unshelf.manage.keys.tables import KeyRow
from unshelf.manage.news.ending_sources import keys, roles_of, tokens
from unshelf.manage.personal_tokens.tables import PersonalTokenRow


def test_what_ends_is_somebody_s(tmp_path: Path) -> None:
    moment = now()
    soon, later, began = moment + timedelta(days=1), moment + timedelta(days=9), moment - timedelta(days=30)
    with subject_world(tmp_path) as world:
        with world.database.transaction() as session:
            for id, kind, end in (("1", "user", soon), ("2", "group", soon), ("3", "user", later), ("4", "user", None)):
                session.add(
                    GrantRow(
                        id=id, holder_kind=kind, holder=f"h{id}", role="viewer", scope_kind="project", scope="risk",
                        created_at=began, created_by="ana", expires_at=end,
                    )
                )  # fmt: skip
            for id, owner, revoked in (("a", "ana", None), ("b", None, None), ("c", "ana", moment)):
                session.add(
                    KeyRow(
                        id=id, name=id, role="caller", token_sha256=id, created_at=began, created_by="x", owner=owner,
                        expires_at=soon, revoked_at=revoked,
                    )
                )  # fmt: skip
                session.add(
                    PersonalTokenRow(
                        id=id, user_id="ana", name=id, token_sha256=id, created_at=began, expires_at=soon,
                        revoked_at=revoked,
                    )
                )  # fmt: skip
        end = moment + timedelta(days=3)
        with world.database.read() as session:
            roles = roles_of(lambda _session, group: [f"{group}-member"])(session, moment, end)
            assert [(each.people, each.what) for each in roles] == [
                (["h1"], "Your role viewer on the project 'risk'"),
                (["h2-member"], "Your role viewer on the project 'risk'"),
            ]
            assert [each.id for each in keys(session, moment, end)] == ["a"]
            assert [each.id for each in tokens(session, moment, end)] == ["a", "b"]
