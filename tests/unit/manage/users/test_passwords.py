"""Passwords: the rules, and their hashes."""

import pytest

from unshelf.contracts.errors import InvalidInput
from unshelf.manage.users.passwords import Passwords, check_password


@pytest.mark.parametrize(
    "password", ["", "eleven char", "x" * 1025, "ada.lovelace1", "ADA.LOVELACE1", "ada@example.com", "abababababab"]
)
def test_what_is_easy_to_guess_or_too_long_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput):
        check_password(password, name="ada.lovelace1", email="ada@example.com")


@pytest.mark.parametrize("password", ["twelve chars", "ada.lovelace1!", "x1y2" * 256, "пароль на всё"])
def test_any_other_is_taken(password: str) -> None:
    check_password(password, name="ada.lovelace1", email="ada@example.com")


def test_only_the_password_has_its_hash() -> None:
    passwords = Passwords()
    hashed = passwords.hash("correct horse")
    assert hashed.startswith("$argon2id$") and "correct" not in hashed
    assert passwords.verify("correct horse", hashed)
    assert not passwords.verify("correct horse ", hashed)
    assert not passwords.verify("correct horse", None)
    assert not passwords.verify("correct horse", "not a hash")


def test_accents_count_alike_however_a_keyboard_composes_them() -> None:
    passwords = Passwords()
    assert passwords.verify("cafe\u0301 au lait", passwords.hash("caf\u00e9 au lait"))
