"""The environment that uv runs in: the operator's settings for packages, and nothing else of the operator's.

A package that is built runs code of strangers in uv's environment, so a variable is passed on only when uv, a compiler or the way
into the network needs it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from unshelf.host.network_settings import NETWORK_VARIABLES

_SYSTEM = frozenset({"PATH", "LANG", "LANGUAGE", "TZ", "LD_LIBRARY_PATH"})
_COMPILERS = frozenset(
    {
        "AR", "CC", "CFLAGS", "CMAKE_PREFIX_PATH", "CPATH", "CPPFLAGS", "CUDA_HOME", "CUDA_PATH", "CXX", "CXXFLAGS", "FC", "FFLAGS",
        "LD", "LDFLAGS", "LIBRARY_PATH", "MAKEFLAGS", "PKG_CONFIG_PATH", "RUSTUP_HOME", "CARGO_HOME", "SOURCE_DATE_EPOCH",
    }
)  # fmt: skip
_UV = frozenset(
    f"UV_{name}"
    for name in (
        "BUILD_CONSTRAINT", "CACHE_DIR", "COMPILE_BYTECODE", "CONCURRENT_BUILDS", "CONCURRENT_DOWNLOADS", "CONCURRENT_INSTALLS",
        "CONFIG_FILE", "CONSTRAINT", "DEFAULT_INDEX", "EXCLUDE_NEWER", "EXTRA_INDEX_URL", "FIND_LINKS", "FORK_STRATEGY",
        "HTTP_CONNECT_TIMEOUT", "HTTP_PROXY", "HTTP_RETRIES", "HTTP_TIMEOUT", "HTTPS_PROXY", "INDEX", "INDEX_STRATEGY", "INDEX_URL",
        "INSECURE_HOST", "LINK_MODE", "LOCK_TIMEOUT", "NATIVE_TLS", "NO_BINARY", "NO_BINARY_PACKAGE", "NO_BUILD",
        "NO_BUILD_ISOLATION", "NO_BUILD_PACKAGE", "NO_CONFIG", "NO_INDEX", "NO_PROXY", "OFFLINE", "ONLY_BINARY", "OVERRIDE",
        "PRERELEASE", "PYTHON_BIN_DIR", "PYTHON_DOWNLOADS", "PYTHON_INSTALL_DIR", "PYTHON_INSTALL_MIRROR", "PYTHON_PREFERENCE",
        "PYTHON_SEARCH_PATH", "REQUEST_TIMEOUT", "RESOLUTION", "SYSTEM_CERTS", "TORCH_BACKEND",
    )
)  # fmt: skip
_PASSED_ON = _SYSTEM | _COMPILERS | _UV | NETWORK_VARIABLES
_PASSED_ON_PREFIXES = ("LC_",)


def uv_environment(environment: Mapping[str, str], *, cache: Path) -> dict[str, str]:
    """Choose the variables that uv runs with: its own settings as they are, pip's translated where uv's are not given, and `cache`
    unless the operator named another."""
    settings = {
        name: value for name, value in environment.items() if name in _PASSED_ON or name.startswith(_PASSED_ON_PREFIXES)
    }
    if index := environment.get("PIP_INDEX_URL"):
        _default(settings, "UV_DEFAULT_INDEX", index, unless=("UV_INDEX_URL",))
    if extra := environment.get("PIP_EXTRA_INDEX_URL"):
        _default(settings, "UV_INDEX", " ".join(extra.split()), unless=("UV_EXTRA_INDEX_URL",))
    if links := environment.get("PIP_FIND_LINKS"):
        _default(settings, "UV_FIND_LINKS", ",".join(links.split()))
    if certificate := environment.get("PIP_CERT"):
        _default(settings, "SSL_CERT_FILE", certificate)
    if shared := environment.get("XDG_CACHE_HOME"):
        _default(settings, "UV_CACHE_DIR", str(Path(shared) / "uv"))
    _default(settings, "UV_CACHE_DIR", str(cache))
    _default(settings, "UV_SYSTEM_CERTS", "1", unless=("UV_NATIVE_TLS",))  # a company's own authority is in that store
    settings.setdefault("UV_PYTHON_DOWNLOADS", "never")  # an interpreter is the operator's choice, not a deployer's
    settings["UV_NO_PROGRESS"] = "1"
    return settings | _of_the_operators_home(environment, settings)


def _of_the_operators_home(environment: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Name the places in the operator's home folder where uv looks: builds have another home, which is empty."""
    home = environment.get("HOME")
    data = environment.get("XDG_DATA_HOME") or (home and f"{home}/.local/share")
    config = environment.get("XDG_CONFIG_HOME") or (home and f"{home}/.config")
    found: dict[str, str] = {}
    if data and "UV_PYTHON_INSTALL_DIR" not in settings and Path(data, "uv", "python").is_dir():
        found["UV_PYTHON_INSTALL_DIR"] = f"{data}/uv/python"
    if config and Path(config, "uv", "uv.toml").is_file():
        found["XDG_CONFIG_HOME"] = config
    return found


def _default(settings: dict[str, str], name: str, value: str, *, unless: Sequence[str] = ()) -> None:
    if not any(other in settings for other in (name, *unless)):
        settings[name] = value
