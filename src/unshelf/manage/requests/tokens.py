"""Tokens of granted requests: one step from an answer to a token that is good for exactly what was granted."""

from unshelf.contracts.errors import Conflict, Forbidden
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.manage.personal_tokens.personal_token import PersonalToken
from unshelf.manage.personal_tokens.service import PersonalTokenService
from unshelf.manage.requests.service import RequestService


class RequestTokens:
    """Makes personal tokens within the bounds of granted access."""

    def __init__(self, requests: RequestService, tokens: PersonalTokenService) -> None:
        self._requests = requests
        self._tokens = tokens

    def issue(self, actor: Actor, request_id: str, *, name: str = "") -> tuple[PersonalToken, str]:
        """Create a token with the granted role on what the request is about, which ends when the access ends; returns it and its
        secret, which is stored nowhere.

        Raises NotFound, Forbidden for another's request, and Conflict for one that is not granted, or whose access is over."""
        asked = self._requests.find(actor, request_id)
        if asked.asked_by_id != actor.id:
            raise Forbidden("Only who asked gets a token for it.")
        if asked.kind != "access" or asked.state != "granted":
            raise Conflict(f"The request is {asked.state}.", hint="A token is made once access is granted.")
        seconds = None if asked.expires_at is None else (asked.expires_at - now()).total_seconds()
        if seconds is not None and seconds <= 0:
            raise Conflict("The access that was granted is over.", hint="Ask again.")
        scope = asked.scope
        return self._tokens.create(
            actor, name=name or f"{scope.model or scope.project} ({asked.wanted['role']})",
            role=str(asked.wanted["role"]), models=[scope.model] if scope.model else None,
            projects=None if scope.model else [scope.project], expires_in_seconds=seconds,
        )  # fmt: skip
