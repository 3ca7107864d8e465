"""What may stand in requirements and lock files, and how uv is set up and understood."""

import tomllib
from pathlib import Path

import pytest

from unshelf.host.failures import HostFailure
from unshelf.host.locks import check_requirements, naming_index, read_lock
from unshelf.host.uv import Uv, understand, uv_environment

HASH = 'hashes = { sha256 = "' + "a" * 64 + '" }'


def lock(package: str) -> str:
    return f'lock-version = "1.0"\ncreated-by = "test"\n\n[[packages]]\nname = "p"\nversion = "1"\n{package}\n'


@pytest.mark.parametrize(
    "requirement",
    [
        "six", "scikit-learn==1.5.*", "numpy>=1.26,<3", "pandas [performance] >= 2", "torch==2.13.0+cpu", "a~=1.0",
        "typing_extensions>=4; python_version < '3.12' and sys_platform == \"linux\"", "xgboost (>=2)", "a===1.0rc1", "a!=1",
    ],
)  # fmt: skip
def test_plain_requirements_pass(requirement: str) -> None:
    check_requirements([requirement])


@pytest.mark.parametrize(
    "requirement",
    [
        "-r /etc/passwd", "--index-url http://evil", "-e .", "six\n-r /etc/passwd", "six @ file:///etc/passwd", "./six", "/tmp/six",
        "six @ git+https://example.org/six", "https://example.org/six.whl", "six==${HOME}", "six --hash=sha256:abc", "six.whl",
        "six==1 # comment", "six \\", "", "six; python_version > '3' -r x", "~/six", "..", "six==1\r\n--pre",
    ],
)  # fmt: skip
def test_what_would_make_the_server_read_or_call_something_else_is_refused(requirement: str) -> None:
    with pytest.raises(HostFailure) as raised:
        check_requirements([requirement])
    assert raised.value.code == "lock_failed"


@pytest.mark.parametrize(
    "package",
    [
        f'wheels = [{{ url = "https://example.org/p.whl", {HASH} }}]',
        f'sdist = {{ url = "https://example.org/p.tar.gz", {HASH} }}',
        f'wheels = [{{ url = "http://mirror:8080/p.whl", {HASH} }}]',
        f'wheels = [{{ url = "file:///wheels/p.whl", {HASH} }}]',
    ],
)
def test_a_lock_of_hashed_files_from_known_places_passes(package: str) -> None:
    read = read_lock(lock(package), trusted=["http://mirror:8080/simple", "/wheels"])
    assert read.packages == ["p==1"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (lock('wheels = [{ url = "https://example.org/p.whl" }]'), "no sha256"),
        (lock('wheels = [{ url = "https://example.org/p.whl", hashes = { md5 = "x" } }]'), "no sha256"),
        (lock('vcs = { type = "git", url = "https://example.org" }'), "vcs"),
        (lock('directory = { path = "." }'), "directory"),
        (lock(""), "no wheel"),
        (lock(f'wheels = [{{ url = "http://10.0.0.1/p.whl", {HASH} }}]'), "https"),
        (lock(f'wheels = [{{ url = "file:///etc/passwd", {HASH} }}]'), "https"),
        (lock(f'wheels = [{{ url = "file:///wheels/../etc/passwd", {HASH} }}]'), "https"),
        (lock(f'wheels = [{{ path = "p.whl", {HASH} }}]'), "https"),
        (lock(f'archive = {{ url = "ftp://example.org/p", {HASH} }}'), "https"),
        ("six==1.0 --hash=sha256:abc", "no TOML"),
        ('lock-version = "2.0"\npackages = []\n', "lock-version"),
        ('lock-version = "1.0"\npackages = [1]\n', "no name"),
    ],
)
def test_any_other_lock_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(HostFailure) as raised:
        read_lock(text, trusted=["/wheels"])
    assert reason in raised.value.detail


def test_an_environment_is_named_by_what_is_installed_and_not_by_what_an_index_says_of_it() -> None:
    def name(package: str, python: str = "3.11.7") -> str:
        return read_lock(package).environment_hash(python)

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
    named = tomllib.loads(naming_index(text, 'https://"own"/simple'))
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
    assert naming_index(text, "https://own/simple") == text


@pytest.mark.parametrize(
    ("settings", "index"),
    [
        ({}, "https://pypi.org/simple"),
        ({"UV_INDEX_URL": "https://me:secret@mirror:8443/simple/"}, "https://me:secret@mirror:8443/simple/"),
        (
            {"UV_DEFAULT_INDEX": "own=https://mirror/simple?a=b", "UV_INDEX_URL": "https://x"},
            "https://mirror/simple?a=b",
        ),
        ({"PIP_INDEX_URL": "https://mirror/simple?a=b"}, "https://mirror/simple?a=b"),
    ],
)
def test_the_default_index_is_the_one_that_uv_was_given(settings: dict[str, str], index: str, tmp_path: Path) -> None:
    assert Uv(tmp_path, settings).default_index == index


def test_pips_settings_are_uvs_where_uv_has_none() -> None:
    pip = {
        "PIP_INDEX_URL": "https://mirror/simple",
        "PIP_EXTRA_INDEX_URL": "https://a/simple  https://b/simple",
        "PIP_FIND_LINKS": "/wheels /more",
        "PIP_CERT": "/ca.pem",
    }
    settings = uv_environment(pip | {"VIRTUAL_ENV": "/v", "UNSHELF_TOKEN": "secret", "PATH": "/bin"})
    assert settings == {
        "PATH": "/bin",
        "UV_DEFAULT_INDEX": "https://mirror/simple",
        "UV_INDEX": "https://a/simple https://b/simple",
        "UV_FIND_LINKS": "/wheels,/more",
        "SSL_CERT_FILE": "/ca.pem",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_NO_PROGRESS": "1",
    }
    own = {"UV_INDEX_URL": "https://own", "UV_FIND_LINKS": "/own", "SSL_CERT_FILE": "/own.pem"}
    kept = uv_environment(pip | own)
    assert own.items() <= kept.items()
    assert "UV_DEFAULT_INDEX" not in kept


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        (
            "error: Request failed after 3 retries in 7.2s\n  cause: Failed to fetch: http://127.0.0.1:9/simple/six/\n"
            "  cause: client error (Connect)\n  cause: Connection refused (os error 111)\n",
            "the package index can't be reached: Connection refused (os error 111)",
        ),
        (
            "warning: something\nerror: Failed to build `p==1`\n  cause: The build backend returned an error\n"
            "  cause: Call to `setuptools.build_meta` failed (exit status: 1)\n\n         [stderr]\n         boom\n",
            "Failed to build `p==1`",
        ),
        ("", "uv gave no reason"),
    ],
)
def test_what_uv_says_becomes_a_sentence(errors: str, reason: str) -> None:
    assert understand(errors).reason.startswith(reason)
    assert understand(errors).hint
