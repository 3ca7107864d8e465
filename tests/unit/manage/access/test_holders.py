"""Holders are found where they are kept, and one that is gone is shown by its id."""

import pytest

from tests.support.people import NamedHolders
from unshelf.contracts.errors import NotFound
from unshelf.foundation.database.engine import Database
from unshelf.manage.access.holders import Holders


def test_each_kind_is_asked_where_it_is_registered(database: Database) -> None:
    holders = Holders()
    holders.register("user", NamedHolders("ana"))
    with database.read() as session:
        assert holders.id_of(session, "user", "ana") == "id-ana"
        assert holders.names_of(session, "user", ["id-ana", "id-old"]) == {"id-ana": "ana", "id-old": "id-old"}
        assert holders.names_of(session, "group", ["g"]) == {"g": "g"}
        with pytest.raises(NotFound, match="no group"):
            holders.id_of(session, "group", "ana")
