"""What a lock says."""

from unshelf.develop.environments.pylock import packages_of

LOCK = """\
lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "numpy"
version = "2.4.0"

[[packages]]
name = "local-thing"
archive = { url = "thing.zip" }
"""


def test_packages_are_listed_by_name_with_their_versions() -> None:
    assert packages_of(LOCK) == [("local-thing", ""), ("numpy", "2.4.0")]


def test_a_lock_without_packages_is_an_empty_environment() -> None:
    assert packages_of('lock-version = "1.0"\n') == []
