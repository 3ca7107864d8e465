"""App tokens: each opens its app until it ends, and says in words why it does not."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.unit.deploy.apps.conftest import MAKER, person, wanted
from unshelf.contracts.errors import Forbidden, NotFound, Unauthenticated
from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.tables import AppTokenRow
from unshelf.deploy.apps.tokens import AppToken, AppTokenService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database

ANA = person("ana", *MAKER)
HOUR = 3600.0


@pytest.fixture
def tokens(database: Database, apps: AppService) -> AppTokenService:
    for name in ("worth", "other"):
        apps.save(ANA, name, wanted())
    return AppTokenService(database, apps)


def created(tokens: AppTokenService, actor: Actor = ANA) -> tuple[AppToken, str]:
    return tokens.create(actor, "worth", name="intranet", expires_in_seconds=HOUR, a_minute=5)


def test_a_token_opens_its_own_app_alone(tokens: AppTokenService) -> None:
    token, secret = created(tokens)
    opened, found = tokens.open("worth", secret)
    assert (opened.id, opened.a_minute, found.app.name) == (token.id, 5, "worth")
    assert secret.startswith("unshelf_app_")
    assert tokens.list_of(ANA, "worth", limit=9).items[0].last_used_at is not None
    for app, wrong in (("other", secret), ("absent", secret), ("worth", f"{secret}x"), ("worth", "")):
        with pytest.raises(Unauthenticated, match="no token that opens it"):
            tokens.open(app, wrong)


def test_an_ended_token_says_why(tokens: AppTokenService, database: Database, apps: AppService) -> None:
    token, secret = created(tokens)
    with database.transaction() as session:
        session.execute(update(AppTokenRow).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(Unauthenticated, match="expired on"):
        tokens.open("worth", secret)
    for _ in range(2):
        tokens.revoke(ANA, "worth", token.id)
    with pytest.raises(Unauthenticated, match="was revoked"):
        tokens.open("worth", secret)
    apps.delete(ANA, "worth")
    with pytest.raises(Unauthenticated):
        tokens.open("worth", secret)


def test_only_who_manages_the_app_has_to_do_with_its_tokens(tokens: AppTokenService) -> None:
    token, _ = created(tokens)
    user = person("uma", Permission.APPS_USE)
    with pytest.raises(Forbidden):
        created(tokens, user)
    with pytest.raises(Forbidden):
        tokens.list_of(user, "worth", limit=9)
    with pytest.raises(NotFound):
        tokens.revoke(ANA, "other", token.id)
    with pytest.raises(NotFound):
        tokens.revoke(person("sam", *MAKER, project="others"), "worth", token.id)
