"""A deployed version says where it is and whether requests by name reach it."""

from dataclasses import replace

from unshelf.client.results import Deployed

LIVE = Deployed(
    reference="iris:3",
    name="iris",
    version=3,
    live=True,
    url="http://host/models/iris/predict",
    deploy_id="d",
    seconds=1.0,
)


def test_a_live_version_says_so() -> None:
    assert str(LIVE) == "iris:3 (live) at http://host/models/iris/predict"


def test_a_version_that_is_not_released_says_so() -> None:
    assert str(replace(LIVE, live=False)).startswith("iris:3 (registered, not released)")
