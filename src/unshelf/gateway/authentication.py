"""Who calls, and whether they may: bearer tokens against the hashed keys of the routing table, without a call to control."""

import hashlib
import time
from fnmatch import fnmatchcase

from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.gateway.problems import Refused
from unshelf.gateway.table import Caller, Table, TableWatcher

ROLES = frozenset({"predict", "deploy", "admin"})
"""The roles that may predict."""
_CACHED_CALLERS = 4096
_CACHED_REFERENCES = 4096
_CHALLENGE = (("www-authenticate", "Bearer"),)
_HINT = "send `Authorization: Bearer TOKEN`; `unshelf keys create` makes a token"


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises Refused (unauthenticated) when there is none."""
    if not authorization:
        raise _unauthenticated("this address needs a token")
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("the Authorization header holds no bearer token")
    return token


def authenticate(authorization: str | None, watcher: TableWatcher) -> Caller:
    """The caller of a request that may predict. Raises Refused: unauthenticated, or forbidden by the key's role."""
    caller = watcher.table.callers.get(authorization or "")
    if caller is None:
        caller = _look_up(bearer_token(authorization), authorization or "", watcher)
    if caller.expires_at is not None and caller.expires_at <= time.time():
        raise _unauthenticated("the token has expired")
    return caller


def authorize(caller: Caller, reference: str) -> None:
    """Refuse a model that the caller's key is not good for, whether or not there is such a model."""
    if caller.patterns is None or reference in caller.allowed:
        return
    try:
        name = parse_reference(reference).name
    except InvalidReference as error:
        raise Refused("not_found", str(error)) from None
    if not any(fnmatchcase(name, pattern) for pattern in caller.patterns):
        raise Refused(
            "forbidden", f"the key {caller.key.name!r} is not good for the model {name!r}",
            hint="ask for a key with this model: `unshelf keys create --model PATTERN`",
        )  # fmt: skip
    if len(caller.allowed) < _CACHED_REFERENCES:
        caller.allowed.add(reference)


def _look_up(token: str, authorization: str, watcher: TableWatcher) -> Caller:
    digest = hashlib.sha256(token.encode()).hexdigest()
    key = watcher.table.keys.get(digest)
    if key is None and watcher.refresh():
        key = watcher.table.keys.get(digest)
    if key is None:
        raise _unauthenticated("the token is not known, or was revoked")
    if key.role not in ROLES:
        raise Refused("forbidden", f"a key with the role {key.role!r} can't predict")
    caller = Caller(key)
    _remember(watcher.table, authorization, caller)
    return caller


def _remember(table: Table, authorization: str, caller: Caller) -> None:
    # The cache lives in the table, so a new table (a revoked key) forgets it. One token can be written in several ways
    # (spaces, case of the scheme), hence the bound.
    if len(table.callers) >= _CACHED_CALLERS:
        table.callers.clear()
    table.callers[authorization] = caller


def _unauthenticated(detail: str) -> Refused:
    return Refused("unauthenticated", detail, hint=_HINT, headers=_CHALLENGE)
