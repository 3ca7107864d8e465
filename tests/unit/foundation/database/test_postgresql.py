"""PostgreSQL that is not there: the start says so, without the password."""

import pytest

from unshelf.foundation.database.engine import DatabaseUnavailable
from unshelf.foundation.database.postgresql import PostgresqlDatabase


def test_a_server_that_does_not_answer_is_named_without_its_password() -> None:
    database = PostgresqlDatabase("postgresql://ana:secret@127.0.0.1:1/unshelf")
    with pytest.raises(DatabaseUnavailable) as refused:
        database.check()
    database.dispose()
    assert "ana:***@127.0.0.1:1/unshelf" in str(refused.value)
    assert "secret" not in str(refused.value)
