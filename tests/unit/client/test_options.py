"""Options in a dictionary are held to their struct; an unknown key names the nearest known one."""

import msgspec
import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.options import parse_options


class Limits(msgspec.Struct, forbid_unknown_fields=True):
    tier: str = "small"
    replicas: int = 1


def test_known_options_become_the_struct() -> None:
    assert parse_options("resources", {"tier": "large"}, Limits) == Limits(tier="large")


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(InvalidModel, match="resources: 'teir' is not known") as refused:
        parse_options("resources", {"teir": "large"}, Limits)
    assert refused.value.hint == "Did you mean tier?"


def test_an_option_that_is_like_none_lists_them() -> None:
    with pytest.raises(InvalidModel) as refused:
        parse_options("resources", {"zzz": 1}, Limits)
    assert refused.value.hint == "Known are tier, replicas."


def test_a_wrong_type_is_a_sentence_with_the_section() -> None:
    with pytest.raises(InvalidModel, match=r"^resources: Expected `int`"):
        parse_options("resources", {"replicas": "two"}, Limits)
