"""Contexts: servers that somebody has logged in to, with the token for each.

Tokens are in the system's keyring, else in a file for its owner alone."""

import importlib
import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client.errors import UnshelfError

_SERVICE = "unshelf"


class LoginContext(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A server that somebody has logged in to."""

    url: str
    user: str = ""
    token: str = ""
    """Empty: the keyring has it."""


class Contexts(msgspec.Struct, kw_only=True):
    """All of them, and the one that commands use."""

    current: str = ""
    contexts: dict[str, LoginContext] = {}


def contexts_file(environment: Mapping[str, str] = os.environ) -> Path | None:
    """Return the file of contexts: in UNSHELF_CONFIG, else in $XDG_CONFIG_HOME/unshelf, else in ~/.config/unshelf; None for a user
    without a home folder."""
    folder = environment.get("UNSHELF_CONFIG")
    if folder:
        return Path(folder) / "contexts.json"
    base, home = environment.get("XDG_CONFIG_HOME"), environment.get("HOME")
    if not base and not home:
        return None
    return (Path(base) if base else Path(home or "") / ".config") / "unshelf" / "contexts.json"


def read_contexts(environment: Mapping[str, str] = os.environ) -> Contexts:
    """Return the contexts; none where there is no file. Raises UnshelfError for a file that can't be read."""
    path = contexts_file(environment)
    if path is None:
        return Contexts()
    try:
        return msgspec.json.decode(path.read_bytes(), type=Contexts)
    except FileNotFoundError:
        return Contexts()
    except (OSError, msgspec.DecodeError) as error:
        raise UnshelfError(
            f"{path} can't be read: {error}.", code="invalid_contexts", hint="Delete it, and log in again."
        ) from error


def current_context(environment: Mapping[str, str] = os.environ) -> LoginContext | None:
    """Return the context that commands use; None without one."""
    found = read_contexts(environment)
    return found.contexts.get(found.current)


def token_for(origin: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the token of a server, by its address, the current context's first; empty where nobody has logged in to it."""
    found = read_contexts(environment)
    names = sorted(found.contexts, key=lambda name: name != found.current)
    for name in names:
        context = found.contexts[name]
        if context.url == origin:
            return context.token or _from_keyring(name)
    return ""


def save_context(name: str, context: LoginContext, environment: Mapping[str, str] = os.environ) -> str:
    """Keep a context with its token, and make it the current one; return where the token is: `keyring`, or the file."""
    path = _file(environment)
    found = read_contexts(environment)
    where = "keyring" if _into_keyring(name, context.token) else str(path)
    kept = LoginContext(url=context.url, user=context.user, token="" if where == "keyring" else context.token)
    found.contexts[name] = kept
    found.current = name
    _write(path, found)
    return where


def use_context(name: str, environment: Mapping[str, str] = os.environ) -> LoginContext:
    """Make a context the current one. Raises UnshelfError for one that there is not."""
    found = read_contexts(environment)
    if name not in found.contexts:
        known = ", ".join(found.contexts) or "none"
        raise UnshelfError(f"There is no context {name!r}.", code="not_found", hint=f"The contexts are: {known}.")
    found.current = name
    _write(_file(environment), found)
    return found.contexts[name]


def remove_context(name: str, environment: Mapping[str, str] = os.environ) -> None:
    """Forget a context and its token. Raises UnshelfError for one that there is not."""
    found = read_contexts(environment)
    if found.contexts.pop(name, None) is None:
        raise UnshelfError(f"There is no context {name!r}.", code="not_found", hint="`unshelf contexts` lists them.")
    if found.current == name:
        found.current = ""
    _into_keyring(name, "")
    _write(_file(environment), found)


def _file(environment: Mapping[str, str]) -> Path:
    path = contexts_file(environment)
    if path is None:
        raise UnshelfError(
            "There is no place to keep a token: HOME is not set.",
            code="no_home_folder",
            hint="Name a folder in UNSHELF_CONFIG.",
        )
    return path


def _write(path: Path, contexts: Contexts) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(contexts), indent=2) + b"\n")
    fresh.replace(path)


def _keyring() -> Any:
    """The library `keyring` where it is installed; None without it."""
    return importlib.import_module("keyring") if importlib.util.find_spec("keyring") else None


def _into_keyring(name: str, token: str) -> bool:
    """Keep a token, or with an empty one forget it, in the system's keyring; whether there is one that takes it."""
    keyring = _keyring()
    if keyring is None:
        return False
    try:
        if token:
            keyring.set_password(_SERVICE, name, token)
        else:
            keyring.delete_password(_SERVICE, name)
    except keyring.errors.KeyringError:  # no desktop session, or nothing to forget
        return False
    return True


def _from_keyring(name: str) -> str:
    keyring = _keyring()
    if keyring is None:
        return ""
    try:
        return keyring.get_password(_SERVICE, name) or ""
    except keyring.errors.KeyringError:
        return ""
