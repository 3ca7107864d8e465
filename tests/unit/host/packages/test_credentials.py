"""Credentials are taken out of addresses, wherever they stand."""

import time

import pytest

from unshelf.host.packages.credentials import secrets_in, user_info_of, without_credentials, without_user_info


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('url = "https://me:secret@host/a.whl"', 'url = "https://host/a.whl"'),
        ("https://token@host", "https://host"),
        ("http://a:b@h:8080/x and http://c@i/y", "http://h:8080/x and http://i/y"),
        ("https://h/a.whl?X-Amz-Signature=abc&b=c", "https://h/a.whl"),
        ("https://h?token=abc", "https://h"),
        ("https://a:p@ss@host/x", "https://host/x"),
        ("https://host/@scope/pkg", "https://host/@scope/pkg"),
        ("mail me@example.org about a?b", "mail me@example.org about a?b"),
        ("file:///wheels/a.whl", "file:///wheels/a.whl"),
        ("'https://u:p@h/x'<https://u:p@h/x>", "'https://h/x'<https://h/x>"),
    ],
)
def test_addresses_are_told_without_user_password_and_query(text: str, bare: str) -> None:
    assert without_credentials(text) == bare


def test_known_secrets_are_taken_out_wherever_they_stand() -> None:
    assert without_credentials("the password is s3cr3t, not abc", {"s3cr3t", "abc"}) == "the password is ****, not abc"


def test_the_secrets_of_settings_are_passwords_and_names_that_stand_alone() -> None:
    settings = {
        "UV_INDEX": "a=https://me:p%40ss@h/simple,https://t0ken@i/simple",
        "UV_FIND_LINKS": "/wheels",
        "UV_INDEX_URL": "https://h/x@y",
    }
    assert secrets_in(settings) == {"p%40ss", "p@ss", "t0ken"}


@pytest.mark.parametrize("piece", ["://", "://a", "@", "://@", "?", "://a@?"])
def test_a_long_text_is_gone_through_once(piece: str) -> None:
    began = time.process_time()
    without_credentials(piece * 500_000)
    assert time.process_time() - began < 5


def test_user_names_and_passwords_are_found_and_taken_out_by_themselves() -> None:
    text = '<a href="https://tok:s3cr3t@h:8080/x?y=1">x</a> http://plain/ name=https://me@i,https://j'
    assert user_info_of(text) == [("https://h:8080", "tok:s3cr3t"), ("https://i", "me")]
    assert without_user_info(text) == '<a href="https://h:8080/x?y=1">x</a> http://plain/ name=https://i,https://j'
