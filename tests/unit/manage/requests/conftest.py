"""Requests over a real database: the models score (internal) and secret (private) in the project credit, owned by olga."""

from collections.abc import Callable

import pytest

from tests.support.actors import actor
from tests.support.people import user_with_roles
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.personal_tokens.service import PersonalTokenService
from unshelf.manage.requests.access import AccessRequests
from unshelf.manage.requests.service import RequestService
from unshelf.manage.requests.tokens import RequestTokens

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def access(database: Database, publisher: Publisher) -> AccessService:
    made = AccessService(database, EventStore(database), publisher, Roles())
    with database.transaction() as session:
        place_model(session, "score", "credit", "internal")
        place_model(session, "secret", "credit", "private")
    made.grant(ROOT, holder_kind="user", holder="olga", role="owner", scope=project_scope("credit"))
    return made


@pytest.fixture
def requests(database: Database, publisher: Publisher, access: AccessService) -> RequestService:
    made = RequestService(
        database, EventStore(database), publisher, NotificationService(database, Subjects(), lambda _person: None)
    )
    made.register("access", AccessRequests(access))
    return made


@pytest.fixture
def request_tokens(
    database: Database, publisher: Publisher, access: AccessService, requests: RequestService
) -> RequestTokens:
    tokens = PersonalTokenService(database, EventStore(database), publisher, access, UserActors(database, access))
    publisher.contribute("keys", tokens.routes.names, tokens.routes.build)
    return RequestTokens(requests, tokens)


@pytest.fixture
def person(database: Database, access: AccessService) -> Callable[[str], Actor]:
    """A user by name, with what they may do at this moment."""
    return lambda name: user_with_roles(database, access, name)
