"""The environment that uv and the builds of packages run in."""

from pathlib import Path

import pytest

from unshelf.host.packages import uv_environment as module

CACHE = Path("/home/unshelf/cache/uv")
ALWAYS = {"UV_CACHE_DIR": str(CACHE), "UV_SYSTEM_CERTS": "1", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}


def uv_environment(given: dict[str, str]) -> dict[str, str]:
    return module.uv_environment(given, cache=CACHE)


def test_nothing_of_the_operators_is_passed_on_but_what_uv_a_compiler_or_the_network_needs() -> None:
    passed_on = {
        "PATH": "/bin", "LANG": "C.UTF-8", "LC_ALL": "C", "CC": "clang", "CFLAGS": "-O2", "UV_INDEX": "http://a", "UV_HTTP_TIMEOUT": "9",
        "HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost", "SSL_CERT_FILE": "/ca.pem", "REQUESTS_CA_BUNDLE": "/ca.pem",
    }  # fmt: skip
    kept_back = {
        "AWS_SECRET_ACCESS_KEY": "x", "DATABASE_URL": "x", "UNSHELF_DATABASE": "x", "UNSHELF_TOKEN": "x", "GITHUB_TOKEN": "x",
        "UV_PUBLISH_TOKEN": "x", "UV_PUBLISH_PASSWORD": "x", "PIP_NO_INDEX": "1", "PYTHONPATH": "/x", "VIRTUAL_ENV": "/v",
        "CONDA_PREFIX": "/c", "SSH_AUTH_SOCK": "/s", "XDG_RUNTIME_DIR": "/r", "HOME": "/nowhere",
    }  # fmt: skip
    assert uv_environment(passed_on | kept_back) == ALWAYS | passed_on


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"UV_PYTHON_DOWNLOADS": "manual"}, "UV_PYTHON_DOWNLOADS", "manual"),
        ({"UV_NATIVE_TLS": "0"}, "UV_SYSTEM_CERTS", None),
        ({"UV_SYSTEM_CERTS": "0"}, "UV_SYSTEM_CERTS", "0"),
        ({"UV_CACHE_DIR": "/c"}, "UV_CACHE_DIR", "/c"),
        ({"XDG_CACHE_HOME": "/x"}, "UV_CACHE_DIR", "/x/uv"),
        ({"XDG_CACHE_HOME": "/x", "UV_CACHE_DIR": "/c"}, "UV_CACHE_DIR", "/c"),
    ],
)
def test_what_the_operator_chose_goes_before_our_own_choice(
    given: dict[str, str], name: str, value: str | None
) -> None:
    assert uv_environment(given).get(name) == value


def test_interpreters_and_settings_in_the_operators_home_folder_are_found_there(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert uv_environment(home) == ALWAYS
    (tmp_path / ".local/share/uv/python").mkdir(parents=True)
    (tmp_path / ".config/uv").mkdir(parents=True)
    (tmp_path / ".config/uv/uv.toml").touch()
    found = {"UV_PYTHON_INSTALL_DIR": f"{tmp_path}/.local/share/uv/python", "XDG_CONFIG_HOME": f"{tmp_path}/.config"}
    assert uv_environment(home) == ALWAYS | found
    assert uv_environment(home | {"UV_PYTHON_INSTALL_DIR": "/p"})["UV_PYTHON_INSTALL_DIR"] == "/p"


@pytest.mark.parametrize(
    ("given", "name", "value"),
    [
        ({"PIP_INDEX_URL": "http://a"}, "UV_DEFAULT_INDEX", "http://a"),
        ({"PIP_INDEX_URL": "http://a", "UV_DEFAULT_INDEX": "http://b"}, "UV_DEFAULT_INDEX", "http://b"),
        ({"PIP_INDEX_URL": "http://a", "UV_INDEX_URL": "http://b"}, "UV_DEFAULT_INDEX", None),
        ({"PIP_EXTRA_INDEX_URL": " http://a\nhttp://b "}, "UV_INDEX", "http://a http://b"),
        ({"PIP_EXTRA_INDEX_URL": "http://a", "UV_EXTRA_INDEX_URL": "http://b"}, "UV_INDEX", None),
        ({"PIP_FIND_LINKS": "/a /b"}, "UV_FIND_LINKS", "/a,/b"),
        ({"PIP_CERT": "/ca.pem"}, "SSL_CERT_FILE", "/ca.pem"),
        ({"PIP_CERT": "/ca.pem", "SSL_CERT_FILE": "/own.pem"}, "SSL_CERT_FILE", "/own.pem"),
    ],
)
def test_pips_settings_are_translated_where_uvs_are_not_given(
    given: dict[str, str], name: str, value: str | None
) -> None:
    assert uv_environment(given).get(name) == value
