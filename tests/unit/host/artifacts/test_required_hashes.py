"""Of a requirement with hashes, only files that have one of them stay in the lock."""

import tomllib

import pytest

from unshelf.host.artifacts.pylock import LockRefused
from unshelf.host.artifacts.required_hashes import keep_hashed_files, split_hashes

GOOD, OTHER = "a" * 64, "b" * 64
LOCK = f"""lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11"

[[packages]]
name = "idna"
version = "3.6"
marker = "python_full_version < '3.12'"
sdist = {{ url = "https://pypi.org/idna-3.6.tar.gz", upload-time = 2023-11-25T15:40:54Z, size = 175426, hashes = {{ sha256 = "{OTHER}" }} }}
wheels = [
    {{ url = "https://pypi.org/idna-3.6-py3-none-any.whl", hashes = {{ sha256 = "{GOOD}" }} }},
    {{ url = "https://pypi.org/idna-3.6-cp311-none-any.whl", hashes = {{ sha256 = "{OTHER}" }} }},
]

[[packages]]
name = "six"
version = "1.16"
wheels = [{{ url = "https://pypi.org/six-1.16-py3-none-any.whl", hashes = {{ sha256 = "{OTHER}" }} }}]
"""


def test_hashes_are_split_from_their_requirements() -> None:
    asked = [f"Ruamel.Yaml==1.0 ; python_version > '3' --hash=sha256:{GOOD} --hash=sha512:{GOOD}{GOOD}", "six"]
    plain, hashes = split_hashes(asked)
    assert plain == ["Ruamel.Yaml==1.0 ; python_version > '3'", "six"]
    assert hashes == {"ruamel-yaml": {f"sha256:{GOOD}", f"sha512:{GOOD}{GOOD}"}}


def test_only_files_with_a_given_hash_stay_and_nothing_else_changes() -> None:
    before, after = tomllib.loads(LOCK), tomllib.loads(keep_hashed_files(LOCK, {"idna": {f"sha256:{GOOD}"}}))
    idna = before["packages"][0]
    del idna["sdist"], idna["wheels"][1]
    assert after == before


def test_a_lock_whose_files_all_have_given_hashes_stays_as_it_is() -> None:
    assert keep_hashed_files(LOCK, {"six": {f"sha256:{OTHER}"}}) == LOCK
    assert keep_hashed_files(LOCK, {}) == LOCK


def test_a_package_without_such_a_file_is_refused() -> None:
    with pytest.raises(LockRefused, match=r"^No file of idna 3\.6 ") as refused:
        keep_hashed_files(LOCK, {"idna": {f"sha256:{'0' * 64}"}})
    assert "--hash" in refused.value.hint
