"""What may stand in lock files, what they are named after, and what is added to them."""

import time
import tomllib

import pytest

from unshelf.host.artifacts.pylock import (
    LockRefused,
    environment_hash,
    for_any_patch,
    naming_index,
    read_lock,
    without_index,
)

HASH = 'hashes = { sha256 = "' + "a" * 64 + '" }'


def lock(package: str) -> str:
    return f'lock-version = "1.0"\ncreated-by = "test"\n\n[[packages]]\nname = "p"\nversion = "1"\n{package}\n'


@pytest.mark.parametrize(
    "package",
    [
        f'wheels = [{{ url = "https://example.org/p.whl", {HASH} }}]',
        f'sdist = {{ url = "https://example.org:443/elsewhere/p.tar.gz", {HASH} }}',
        f'sdist = {{ url = "https://me:secret@example.org/p.tar.gz", {HASH} }}',
        f'wheels = [{{ url = "http://mirror:8080/p.whl", {HASH} }}]',
        f'wheels = [{{ url = "https://files.pythonhosted.org/p.whl", {HASH} }}]',
        f'wheels = [{{ url = "file:///wheels/p.whl", {HASH} }}]',
    ],
)
def test_a_lock_of_hashed_files_from_the_servers_indexes_passes(package: str) -> None:
    trusted = ["https://pypi.org/simple", "https://example.org/simple", "http://mirror:8080/simple", "/wheels"]
    (read,) = read_lock(lock(package), trusted=trusted)["packages"]
    assert read["name"] == "p"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lock('wheels = [{ url = "https://example.org/p.whl" }]'), "no sha256"),
        (lock('wheels = [{ url = "https://example.org/p.whl", hashes = { md5 = "x" } }]'), "no sha256"),
        (lock('vcs = { type = "git", url = "https://example.org" }'), "vcs"),
        (lock('directory = { path = "." }'), "directory"),
        (lock(""), "no wheel"),
        (
            lock(f'wheels = [{{ url = "https://10.0.0.1/p.whl", {HASH} }}]'),
            "10.0.0.1, where a file of 'p' is said to lie, is no",
        ),
        (lock(f'wheels = [{{ url = "https://127.0.0.1:8443/p.whl", {HASH} }}]'), "127.0.0.1"),
        (lock(f'wheels = [{{ url = "https://files.pythonhosted.org/p.whl", {HASH} }}]'), "files.pythonhosted.org"),
        (lock(f'wheels = [{{ url = "http://mirror/p.whl", {HASH} }}]'), "mirror"),
        (lock(f'wheels = [{{ url = "https://mirror:444/p.whl", {HASH} }}]'), "mirror"),
        (lock(f'wheels = [{{ url = "https://mirror@evil/p.whl", {HASH} }}]'), "evil"),
        (lock(f'wheels = [{{ url = "https://mirror:443x/p.whl", {HASH} }}]'), "mirror"),
        (lock(f'wheels = [{{ url = "file:///etc/passwd", {HASH} }}]'), "/etc/passwd"),
        (lock(f'wheels = [{{ url = "file:///wheels/../etc/passwd", {HASH} }}]'), "no index"),
        (lock(f'wheels = [{{ url = "file:///wheels/%2e%2e/etc/passwd", {HASH} }}]'), "no index"),
        (lock(f'wheels = [{{ url = "file:///wheels2/p.whl", {HASH} }}]'), "no index"),
        (lock(f'wheels = [{{ path = "p.whl", {HASH} }}]'), "the path 'p.whl'"),
        (lock(f'archive = {{ url = "ftp://example.org/p", {HASH} }}'), "ftp:"),
        (lock("wheels = 7"), "no wheel"),
        (lock("version = 1").replace('version = "1"\n', ""), "no text"),
        (lock("a" + ".a" * 40 + " = 1"), "more than 16 parts"),
        (lock("x = { a" + ".a" * 40 + " = 1 }"), "more than 16 parts"),
        (lock('x = """\n[[packages]]\n"""'), "several lines"),
        (lock("x = " + "[" * 100_000), "no TOML"),
        (lock("x = " + "9" * 100_000), "no TOML"),
        ("six==1.0 --hash=sha256:abc", "no TOML"),
        ('lock-version = "2.0"\npackages = []\n', "lock-version"),
        ('lock-version = "1.0"\npackages = [1]\n', "no name"),
    ],
)
def test_any_other_lock_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(LockRefused) as raised:
        read_lock(text, trusted=["/wheels", "https://mirror/simple"])
    assert reason in str(raised.value)


@pytest.mark.parametrize(
    "hostile",
    [
        "a" + ".a" * 500_000 + " = 1", "x = [" + "{ a.b.c = 1 }, " * 60_000 + "]", 'x = "' + '\\"' * 400_000, "x = '" * 200_000,
        'x = "' + "://" * 300_000 + '"', "# " + "'" * 900_000, "[" * 900_000, "x" * 900_000, "x =" + " " * 900_000 + "!",
    ],
    ids=range(9),
)  # fmt: skip
def test_a_hostile_lock_takes_a_time_that_grows_with_its_length_alone(hostile: str) -> None:
    began = time.process_time()
    with pytest.raises(LockRefused):
        read_lock(lock(hostile))
    assert time.process_time() - began < 10


def test_an_environment_is_named_by_what_is_installed_and_not_by_what_an_index_says_of_it() -> None:
    def name(package: str, python: str = "3.11.7") -> str:
        return environment_hash(read_lock(package), python)

    plain = lock(f'sdist = {{ url = "https://example.org/p.tar.gz", {HASH} }}')
    told_more = lock(
        f'sdist = {{ url = "https://mirror/p.tar.gz", size = 7, upload-time = 2026-01-01T00:00:00Z, {HASH} }}'
    )
    other_file = plain.replace("a" * 64, "b" * 64)
    conditional = plain + "marker = \"sys_platform == 'linux'\"\n"
    assert name(plain) == name(told_more) == name("# made by hand\n" + plain)
    assert len({name(plain), name(other_file), name(conditional), name(plain, "3.11.8")}) == 4


def test_each_package_of_an_index_is_told_with_its_index_and_nothing_else_changes() -> None:
    wheel = f'wheels = [{{ url = "https://example.org/p.whl", {HASH} }}]'
    text = (
        lock(wheel)
        + f'\n[[ packages ]]\r\nname = "q"\nindex = "https://other/simple"\n{wheel}\n'
        + f'\n[[packages]]\nname = "r"\nwheels = [{{ url = "file:///wheels/r.whl", {HASH} }}]\n'
        + f'\n[[packages]]\nname = "s"\narchive = {{ url = "https://example.org/s.tar.gz", {HASH} }}\n'
        + f'\n  [[packages]]\nname = "t"\nsdist = {{ url = "http://mirror/t.tar.gz", {HASH} }}\n[packages.tool]\nof = "t"\n'
    )
    named = tomllib.loads(naming_index(text, tomllib.loads(text), 'https://"own"/simple'))
    indexes = [package.pop("index", None) for package in named["packages"]]
    assert indexes == ['https://"own"/simple', "https://other/simple", None, None, 'https://"own"/simple']
    before = tomllib.loads(text)
    del before["packages"][1]["index"]
    assert named == before


@pytest.mark.parametrize(
    "text",
    [
        f'packages = [{{ name = "p", wheels = [{{ url = "https://example.org/p.whl", {HASH} }}] }}]\n',
        lock(f'description = """\n[[packages]]\n"""\nwheels = [{{ url = "https://example.org/p.whl", {HASH} }}]'),
    ],
    ids=["inline", "a heading inside a string"],
)
def test_a_lock_written_in_another_way_is_left_as_it_is(text: str) -> None:
    assert naming_index(text, tomllib.loads(text), "https://own/simple") == text


def test_the_indexes_that_a_given_lock_names_are_taken_out_and_nothing_else() -> None:
    wheel = f'wheels = [{{ url = "https://example.org/p.whl", {HASH} }}]'
    text = (
        lock(f'index = "https://other/simple"\n{wheel}') + f'[[packages]]\nname = "q"\n  index="https://x"\n{wheel}\n'
    )
    before = tomllib.loads(text)
    bare = tomllib.loads(without_index(text, before))
    assert [package.pop("index") for package in before["packages"]] == ["https://other/simple", "https://x"]
    assert bare == before
    assert without_index(lock(wheel), tomllib.loads(lock(wheel))) == lock(wheel)


def test_an_index_that_stands_in_the_midst_of_a_line_is_refused() -> None:
    text = f'packages = [{{ name = "p", index = "https://x", wheels = [{{ url = "https://example.org/p.whl", {HASH} }}] }}]\n'
    with pytest.raises(LockRefused, match="names its index"):
        without_index(text, tomllib.loads(text))


def test_a_lock_of_a_patch_release_is_installed_by_every_one_of_its_minor_version() -> None:
    text = (
        'lock-version = "1.0"\nrequires-python = ">=3.11.7"\n\n[[packages]]\nname = "p"\nrequires-python = ">=3.11.1"\n'
    )
    assert for_any_patch(text) == text.replace("3.11.7", "3.11")
    assert for_any_patch('requires-python = ">=3.11"\n') == 'requires-python = ">=3.11"\n'
    assert for_any_patch('requires-python = ">=3.11.2"\n') == 'requires-python = ">=3.11"\n'
