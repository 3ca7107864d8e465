"""Persons who deployed versions."""

from tests.support.deploying import Deploying
from unshelf.deploy.usage.makers import makers_of_versions


def test_versions_have_the_makers_that_deployed_them(deploying: Deploying) -> None:
    deploying.register("iris", b"1")
    deploying.register("iris", b"12")
    with deploying.database.read() as session:
        found = makers_of_versions(session, ["iris:2", "iris:9", "rose:1"])
    assert list(found) == ["iris:2"]
    assert found["iris:2"]
