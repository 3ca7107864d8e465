"""Claims as providers write them."""

from typing import Any

import pytest

from tests.support.oidc import oidc_options
from unshelf.contracts.errors import Forbidden
from unshelf.manage.oidc.claims import Person, person_of


def person(options: dict[str, Any] | None = None, **claims: Any) -> Person:
    return person_of({"sub": "42", **claims}, oidc_options(**(options or {})))


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"preferred_username": "Ada.Lovelace@example.org"}, "ada.lovelace"), ({"preferred_username": "Édith Ω 2"}, "edith-2"),
        ({"email": "ada@example.org"}, "ada"), ({"preferred_username": 5}, ""), ({}, ""), ({"preferred_username": "../.."}, ""),
        ({"preferred_username": "x" * 99}, "x" * 64),
    ],
)  # fmt: skip
def test_login_names(claims: dict[str, Any], name: str) -> None:
    assert person(**claims).name == name


def test_groups_may_be_a_list_a_text_or_within_other_claims() -> None:
    assert person(groups=["a", 5, "b", "a"]).groups == ("a", "b")
    assert person(groups="a").groups == ("a",)
    assert person(groups={"a": 1}).groups == person().groups == ()
    nested = {"groups_claim": "realm_access.roles"}
    assert person(nested, realm_access={"roles": ["a"]}).groups == ("a",)
    assert person(nested, realm_access="a").groups == ()
    named = {"groups_claim": "https://example.org/groups"}
    assert person(named, **{"https://example.org/groups": ["a"]}).groups == ("a",)


def test_groups_that_are_left_out_are_not_taken_for_none() -> None:
    with pytest.raises(Forbidden, match="too many"):
        person(_claim_names={"groups": "src1"})
    assert person(_claim_names={"other": "src1"}).groups == ()


def test_an_address_that_is_not_verified_is_none() -> None:
    assert person(email="a@b.c", email_verified=False).email == ""
    for verified, is_verified in ((True, True), (None, False), ("true", False)):
        found = person(email="a@b.c", email_verified=verified)
        assert (found.email, found.is_email_verified) == ("a@b.c", is_verified)
    assert not person(email="nothing", email_verified=True).is_email_verified


def test_names_are_printable() -> None:
    assert person(name="Ada\u202e\n Lovelace").full_name == "Ada Lovelace"
