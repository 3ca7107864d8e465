"""Allowed origins: none at first, changed with an event, published to gateways."""

import pytest

from tests.support.deploying import ANA, Deploying
from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.deploy.origins.service import MOST_ORIGINS, OriginService

APP, SHOP = "https://app.example.org", "https://shop.example.org"


@pytest.fixture
def service(deploying: Deploying) -> OriginService:
    deploying.register("iris")
    return OriginService(deploying.database, deploying.publisher, deploying.audit)


def test_none_are_allowed_until_some_are(service: OriginService, deploying: Deploying) -> None:
    assert service.show("iris:1") == ("iris", [])
    assert service.change("iris", ANA, allow=[SHOP, "HTTPS://app.example.org:443"], remove=[]) == [APP, SHOP]
    assert service.show("iris") == ("iris", [APP, SHOP])
    assert deploying.actions()[-1] == "model.origins_changed"
    with deploying.database.read() as session:
        assert deploying.routes.build(session, ["iris"])["iris"].origins == [APP, SHOP]
    assert service.change("iris", ANA, allow=[], remove=[APP, "https://never.example.org"]) == [SHOP]


def test_what_changes_nothing_leaves_no_event(service: OriginService, deploying: Deploying) -> None:
    service.change("iris", ANA, allow=[APP], remove=[])
    before = deploying.actions()
    service.change("iris", ANA, allow=[APP], remove=[SHOP])
    assert deploying.actions() == before


def test_what_is_no_origin_is_refused(service: OriginService) -> None:
    with pytest.raises(InvalidInput, match="by a pattern"):
        service.change("iris", ANA, allow=["*"], remove=[])
    with pytest.raises(InvalidInput, match="at most"):
        service.change(
            "iris", ANA, allow=[f"https://a{number}.example" for number in range(MOST_ORIGINS + 1)], remove=[]
        )
    with pytest.raises(NotFound):
        service.change("rose", ANA, allow=[APP], remove=[])
