"""Requests for access: the role is known, fits the place, and says how a token is made of it."""

from collections.abc import Callable

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION, model_scope
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.service import AccessService
from unshelf.manage.requests.access import AccessRequests


def test_without_a_role_it_is_that_of_a_caller(
    database: Database, access: AccessService, person: Callable[[str], Actor]
) -> None:
    kind = AccessRequests(access)
    scope = model_scope("score", project="credit", visibility="internal")
    with database.read() as session:
        assert kind.check(session, person("zoe"), scope, {}) == {"role": "caller"}
        assert kind.check(session, person("zoe"), scope, {"role": "deploy"}) == {"role": "contributor"}
        with pytest.raises(InvalidInput, match="model or a project"):
            kind.check(session, person("zoe"), INSTALLATION, {})
