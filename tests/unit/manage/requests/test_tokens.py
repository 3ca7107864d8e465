"""Tokens of granted requests: for what was granted alone, as long as it lasts, and for who asked."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.requests.service import RequestService
from unshelf.manage.requests.tables import RequestRow
from unshelf.manage.requests.tokens import RequestTokens

Person = Callable[[str], Actor]


def test_a_token_has_the_role_on_the_model_until_the_access_ends(
    requests: RequestService, request_tokens: RequestTokens, person: Person
) -> None:
    asked = requests.ask(person("zoe"), "access", model="score", wanted={}, reason="a report")
    with pytest.raises(Conflict, match="open"):
        request_tokens.issue(person("zoe"), asked.id)
    granted = requests.grant(person("olga"), asked.id, expires_in_seconds=3600)
    token, secret = request_tokens.issue(person("zoe"), asked.id)
    assert (token.role, token.models, token.projects, token.name) == ("caller", ["score"], None, "score (caller)")
    assert token.expires_at is not None
    assert granted.expires_at is not None
    assert abs(token.expires_at - granted.expires_at) < timedelta(seconds=5)
    assert secret


def test_only_who_asked_gets_one_and_only_while_it_lasts(
    database: Database, requests: RequestService, request_tokens: RequestTokens, person: Person
) -> None:
    asked = requests.ask(person("zoe"), "access", model="score", wanted={}, reason="a report")
    requests.grant(person("olga"), asked.id, expires_in_seconds=3600)
    with pytest.raises(Forbidden, match="who asked"):
        request_tokens.issue(person("olga"), asked.id)
    with pytest.raises(NotFound):
        request_tokens.issue(person("ben"), asked.id)
    with database.transaction() as session:
        session.get_one(RequestRow, asked.id).expires_at = now() - timedelta(seconds=1)
    with pytest.raises(Conflict, match="over"):
        request_tokens.issue(person("zoe"), asked.id)
