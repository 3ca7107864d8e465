"""Authentication and authorization of callers: bearer tokens against the hashed keys of the routing table, without a call to control."""

import hashlib
import time

from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.routing.index import Caller, RoutingWatcher, Table

_CACHED_CALLERS = 4096
_CACHED_REFERENCES = 4096
_CACHED_CHARACTERS = 512
"""The longest Authorization header that is remembered."""
_CHALLENGE = (("www-authenticate", "Bearer"),)
_HINT = "Send `Authorization: Bearer TOKEN`; `unshelf keys create` makes a token."


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises ProblemError (unauthenticated) when there is none."""
    if not authorization:
        raise _unauthenticated("This address needs a token.")
    scheme, _, token = authorization.partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("The Authorization header holds no bearer token.")
    return token


def authenticate(authorization: str | None, watcher: RoutingWatcher) -> Caller:
    """The caller of a request that may predict. Raises ProblemError: unauthenticated, or forbidden without the permission."""
    caller = watcher.table.callers.get(authorization or "")
    if caller is None:
        caller = _look_up(bearer_token(authorization), authorization or "", watcher)
    if caller.expires_at is not None and caller.expires_at <= time.time():
        raise _unauthenticated("The token has expired.")
    return caller


def holds_good_key(caller: Caller, table: Table) -> bool:
    """Whether a caller's key is still known: neither revoked nor expired since."""
    expired = caller.expires_at is not None and caller.expires_at <= time.time()
    return not expired and table.key(caller.token_sha256) is not None


def authorize(caller: Caller, reference: str, table: Table) -> None:
    """Refuse a model that the caller's key is not good for, whether or not there is such a model."""
    if caller.is_unlimited or reference in caller.allowed:
        return
    try:
        name = parse_reference(reference).name
    except InvalidReference as error:
        raise ProblemError("not_found", str(error)) from None
    if not caller.may_call(name, table.models.get(name)):
        if caller.key.calls is not None:
            raise _not_callable(caller, name, table)
        raise ProblemError(
            "forbidden", f"The key {caller.key.name!r} is not good for the model {name!r}.",
            hint="Ask for a key with this model: `unshelf keys create --model PATTERN`.",
        )  # fmt: skip
    if len(caller.allowed) < _CACHED_REFERENCES:
        caller.allowed.add(reference)


def _not_callable(caller: Caller, name: str, table: Table) -> ProblemError:
    """The refusal for somebody who knows some models and not others: one that they may not see is as one that there is not."""
    if not caller.may_see(name, table.models.get(name)):
        return ProblemError("not_found", f"There is no model {name!r}.", hint="`unshelf models` lists the models.")
    return ProblemError(
        "forbidden", f"{caller.key.name!r} may not call the model {name!r}.",
        hint=f"Request access: `unshelf requests access {name}`.",
    )  # fmt: skip


def _look_up(token: str, authorization: str, watcher: RoutingWatcher) -> Caller:
    digest = hashlib.sha256(token.encode()).hexdigest()
    key = watcher.table.key(digest)
    if key is None:
        raise _unauthenticated("The token is not known, or was revoked.")
    if Permission.MODEL_PREDICT not in key.permissions:
        raise ProblemError("forbidden", f"The key {key.name!r} lacks the permission {Permission.MODEL_PREDICT}.")
    caller = Caller(key, digest)
    _remember(watcher.table, authorization, caller)
    return caller


def _remember(table: Table, authorization: str, caller: Caller) -> None:
    # A change of its key makes the table forget it. One token can be written in several ways (spaces, case of the scheme),
    # hence the bound.
    if len(authorization) > _CACHED_CHARACTERS:
        return
    if len(table.callers) >= _CACHED_CALLERS:
        table.callers.clear()
    table.callers[authorization] = caller


def _unauthenticated(detail: str) -> ProblemError:
    return ProblemError("unauthenticated", detail, hint=_HINT, headers=_CHALLENGE)
