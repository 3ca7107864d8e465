"""Parts of the routing state are named for what they hold, and a bare name stands for the version with the greatest share."""

import pytest

from unshelf.contracts.bundle import Loader
from unshelf.contracts.routing import (
    ROUTING_FORMAT,
    RoutingIndex,
    Share,
    keys_part,
    main_version,
    model_of,
    model_part,
    part_digest,
    platform_of,
    shard_of,
)


def shares(*pairs: tuple[int, float]) -> list[Share]:
    return [Share(version=version, percent=percent) for version, percent in pairs]


@pytest.mark.parametrize(
    ("release", "version"),
    [([], None), ([(1, 90.0), (2, 10.0)], 1), ([(1, 50.0), (3, 50.0), (2, 0.0)], 3), ([(4, 0.0)], None)],
)
def test_a_bare_name_is_the_greatest_share_then_the_highest_number(
    release: list[tuple[int, float]], version: int | None
) -> None:
    assert main_version(shares(*release)) == version


def test_parts_say_what_they_hold() -> None:
    assert (model_of(model_part("iris")), shard_of(model_part("iris"))) == ("iris", None)
    part = keys_part("ab12cd")
    assert (shard_of(part), model_of(part)) == ("ab", None)
    assert keys_part("ab") == part


def test_a_digest_names_content() -> None:
    assert part_digest(b"a") != part_digest(b"b")
    assert len(part_digest(b"a")) == 32


def test_a_format_of_another_release_is_refused() -> None:
    with pytest.raises(ValueError, match="is not known here"):
        RoutingIndex(generation=1, format=ROUTING_FORMAT + 1)


def test_a_platform_is_kind_and_format() -> None:
    assert platform_of(Loader(kind="sklearn", format="skops")) == "sklearn_skops"
    assert platform_of(Loader(kind="python")) == "python"
