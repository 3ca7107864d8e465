"""Authentication: finds the actor of a token, whichever kind of token it is."""

from unshelf.foundation.access.actors import Actor
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.keys.service import KeysService
from unshelf.manage.personal_tokens.personal_token import TOKEN_PREFIX
from unshelf.manage.personal_tokens.service import PersonalTokenService


class TokenAuthentication:
    """Knows the keys of service accounts and the personal tokens of users."""

    def __init__(self, keys: KeysService, tokens: PersonalTokenService, actors: UserActors) -> None:
        self._keys = keys
        self._tokens = tokens
        self._actors = actors

    def authenticate(self, token: str) -> Actor | None:
        """The actor who holds this token; None when it was never given, has expired or was revoked."""
        if token.startswith(TOKEN_PREFIX):
            found = self._tokens.authenticate(token)
            if found is not None:
                return found
        return self._keys.authenticate(token)  # the administrator's may look like anything

    def current(self, actor: Actor) -> Actor | None:
        """The actor with what they may do now; None when they may do nothing any more."""
        return self._actors.now(actor) if actor.kind == "user" else self._keys.current(actor)

    def person_now(self, id: str) -> Actor | None:
        """The user with this id, or else the key, with what they may do now; None when there is none who may do anything."""
        found = self._actors.now(Actor(id=id, kind="user", label=""))
        return found or self._keys.current(Actor(id=id, kind="service_account", label=""))

    def name_of(self, credential: str) -> str:
        """The name of a key, or of the owner of a personal token, by its id; empty when there never was such a one."""
        return self._keys.name_of(credential) or self._tokens.owner_of(credential)
