"""Versions and releases are tied to goals by those who see them, and a version's check is a source of values."""

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from tests.support.people import user_with_roles
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.deploy.registry.goal_ties import find_release_to_tie, find_version_to_tie, measured_values

ROOT = actor("admin", id="admin", name="admin")


def test_a_version_is_tied_by_its_number(deploying: Deploying) -> None:
    deploying.register("iris")
    with deploying.database.transaction() as session:
        deploying.registry.point_alias(session, "iris", "champion", 1, ROOT)
    with deploying.database.read() as session:
        assert find_version_to_tie(session, ROOT, "iris@champion") == "iris:1"
        assert find_release_to_tie(session, ROOT, "iris") == "iris"
        with pytest.raises(InvalidInput, match="names no version"):
            find_version_to_tie(session, ROOT, "iris")
        for wrong in ("iris:2", "rose:1", "iris@other", "Not a name:1"):
            with pytest.raises(NotFound):
                find_version_to_tie(session, ROOT, wrong)


def test_what_one_may_not_see_is_not_tied(deploying: Deploying) -> None:
    deploying.register("iris")
    zoe = user_with_roles(deploying.database, deploying.access, "zoe")
    with deploying.database.read() as session:
        with pytest.raises(NotFound):
            find_version_to_tie(session, zoe, "iris:1")
        with pytest.raises(NotFound):
            find_release_to_tie(session, zoe, "iris")


def test_the_check_of_a_tied_version_is_a_value(deploying: Deploying) -> None:
    deploying.register("iris")
    deploying.register("iris", b"2")
    with deploying.database.read() as session:
        (value,) = measured_values(session, "load_seconds", {"version": ["iris:2", "iris:9"], "release": ["iris"]})
        assert (value.value, value.source) == (0.1, "the check of iris:2")
        assert measured_values(session, "recall", {"version": ["iris:2"]}) == []
        assert measured_values(session, "load_seconds", {"release": ["iris"]}) == []
