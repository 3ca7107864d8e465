"""Logins with an identity provider: begun, finished by a session, and ended from either side."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, MalformedRequest, Unavailable, UnshelfError
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.oidc.accounts import PROVIDER, ProviderAccounts
from unshelf.manage.oidc.claims import Person, person_of
from unshelf.manage.oidc.id_tokens import BadToken, read_id_token, read_logout_token
from unshelf.manage.oidc.login_cookies import (
    LoginUnderWay,
    begin_login,
    challenge_of,
    cookie_name,
    open_login,
    seal_login,
)
from unshelf.manage.oidc.provider import CodeRefused, Provider, Tokens
from unshelf.manage.oidc.tables import OidcSessionRow, OidcUsedRow
from unshelf.manage.sessions.service import LoginSession, SessionService
from unshelf.manage.sessions.tables import SessionRow
from unshelf.manage.users.service import UserService
from unshelf.manage.users.tables import UserRow
from unshelf.manage.users.user import user_of
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

_AGAIN = "Begin again: open the page and log in once more."
_LOGOUT_SECONDS = 900.0
"""For how long a logout token may be given again, by the provider's clock and ours."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class BegunLogin:
    """Where the browser goes to log in, and the cookie that it comes back with."""

    url: str
    cookie: str
    value: str


@dataclass(frozen=True, kw_only=True)
class ReturnedLogin:
    """A login as the browser brings it back from the provider."""

    state: str
    code: str
    error: str
    """Why the provider lets nobody in; empty: it does."""
    issuer: str | None
    cookie: Callable[[str], str]
    """Returns the cookie of this name; empty without one."""
    address: str
    user_agent: str


class OidcService:
    """Logs people in with the identity provider."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        publisher: Publisher,
        *,
        provider: Provider,
        accounts: ProviderAccounts,
        users: UserService,
        sessions: SessionService,
        sealer: Sealer,
        public_url: str,
    ) -> None:
        """`public_url`: this server's address, to which the provider leads people back."""
        self._database = database
        self._events = events
        self._publisher = publisher
        self._provider = provider
        self._accounts = accounts
        self._users = users
        self._sessions = sessions
        self._sealer = sealer
        self._home = public_url.rstrip("/")
        self.redirect_uri = f"{self._home}/api/v1/session/oidc/callback"
        self.label = provider.options.label
        self.issuer = provider.options.issuer

    def begin(self, return_to: str) -> BegunLogin:
        """Begin a login, which ends at a path on this server. Raises InvalidInput for another, ProviderUnusable."""
        login = begin_login(return_to, at=now().timestamp())
        endpoint = self._provider.metadata().authorization_endpoint
        asked = {
            "response_type": "code", "client_id": self._provider.options.client_id, "redirect_uri": self.redirect_uri,
            "scope": " ".join(self._provider.options.scopes), "state": login.state, "nonce": login.nonce,
            "code_challenge": challenge_of(login.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        return BegunLogin(
            url=_with_query(endpoint, asked), cookie=cookie_name(login.state), value=seal_login(login, self._sealer)
        )

    def finish(self, returned: ReturnedLogin) -> tuple[str, str]:
        """Finish a login; returns the session's token, and the path on this server to go to.

        Raises Forbidden for a login of another browser, an old or a used one, and for somebody who may not log in; Conflict for a
        login name that is taken; ProviderUnusable."""
        login = open_login(
            returned.cookie(cookie_name(returned.state)), returned.state, self._sealer, at=now().timestamp()
        )
        if login is None:
            raise Forbidden("This login was begun in another browser, or more than ten minutes ago.", hint=_AGAIN)
        self._use_up(login)
        tokens, person = self._proven(returned, login)
        try:
            with self._database.transaction() as session:
                user = self._accounts.enter(session, person)
                opened, token = self._sessions.open_in(
                    session, user, method="oidc", address=returned.address, user_agent=returned.user_agent
                )
                self._note(session, opened, tokens[0], tokens[1])
        except UnshelfError as error:
            self._refused(error.detail, subject=person.subject)
            raise
        self._publisher.publish()
        return token, login.return_to

    def log_out(self, actor: Actor, session_id: str) -> str | None:
        """End one of an actor's own sessions; returns the address at which the provider ends its own, None without such a one."""
        with self._database.read() as session:
            row = session.get(OidcSessionRow, session_id)
        self._sessions.end(actor, session_id)
        if row is None:
            return None
        asked = {"client_id": self._provider.options.client_id, "post_logout_redirect_uri": f"{self._home}/"}
        try:
            endpoint = self._provider.metadata().end_session_endpoint
            sealed = Sealed(key_id=row.key_id, content=row.sealed)
            asked["id_token_hint"] = self._sealer.open(sealed, about=_about(session_id)).decode()
        except (Unavailable, SealBroken, OSError):
            return None  # the session here has ended all the same
        return _with_query(endpoint, asked) if endpoint else None

    def end_by_provider(self, logout_token: str) -> int:
        """End the sessions that a logout token of the provider names; returns how many. Raises MalformedRequest, ProviderUnusable."""
        moment = now()
        try:
            claims = read_logout_token(
                logout_token, self._provider.rules, self._provider.keys, at=moment.timestamp()
            )  # fmt: skip
        except BadToken as error:
            logger.warning("a logout token is refused", extra={"reason": str(error)})
            raise MalformedRequest(f"The logout token is refused: {error}.") from error
        with self._database.transaction() as session:
            if not self._is_first(session, f"logout:{claims['jti']}", moment + timedelta(seconds=_LOGOUT_SECONDS)):
                raise MalformedRequest("The logout token was used already.")
            return self._end(session, claims.get("sub"), claims.get("sid"))

    def prune(self) -> None:
        """Delete what has expired, and what is known of sessions that have ended."""
        with self._database.transaction() as session:
            session.execute(delete(OidcUsedRow).where(OidcUsedRow.expires_at <= now()))
            session.execute(delete(OidcSessionRow).where(OidcSessionRow.session_id.not_in(select(SessionRow.id))))

    def _proven(self, returned: ReturnedLogin, login: LoginUnderWay) -> tuple[tuple[Tokens, str | None], Person]:
        """The tokens and the session at the provider of who has logged in there, and who that is.

        What anybody could send is refused without an event of its own, lest a stranger fill the log."""
        self._must_be_let_in(returned)
        try:
            tokens = self._provider.exchange(returned.code, verifier=login.verifier, redirect_uri=self.redirect_uri)
        except CodeRefused as error:
            logger.warning("the identity provider refuses a code", extra={"reason": str(error)})
            raise Forbidden(f"The identity provider gives nothing for this login: {error}.", hint=_AGAIN) from error
        try:
            claims = read_id_token(
                tokens.id_token, self._provider.rules, self._provider.keys, nonce=login.nonce, at=now().timestamp()
            )
            person = person_of(self._provider.userinfo(tokens, claims["sub"]) | claims, self._provider.options)
        except BadToken as error:
            self._refused(str(error))
            raise Forbidden(f"The identity provider sent a token that is refused: {error}.", hint=_AGAIN) from error
        except Forbidden as error:
            self._refused(error.detail)
            raise
        sid = claims.get("sid")
        return (tokens, sid if isinstance(sid, str) and len(sid) <= 255 else None), person

    def _must_be_let_in(self, returned: ReturnedLogin) -> None:
        says = self._provider.metadata().says_issuer
        if returned.issuer != self.issuer and (says or returned.issuer is not None):
            raise Forbidden("The answer is not the identity provider's (iss).", hint=_AGAIN)
        if returned.error or not returned.code:
            reason = "".join(filter(str.isprintable, returned.error))[:80] or "no code"
            raise Forbidden(f"The identity provider let nobody in: {reason}.", hint=_AGAIN)

    def _use_up(self, login: LoginUnderWay) -> None:
        with self._database.transaction() as session:
            expires = datetime.fromtimestamp(login.expires, UTC)
            if not self._is_first(session, f"state:{login.state}", expires):
                raise Forbidden("This login was finished already.", hint=_AGAIN)

    def _is_first(self, session: Session, what: str, expires: datetime) -> bool:
        """Note that something is used; False when it was before."""
        session.execute(delete(OidcUsedRow).where(OidcUsedRow.expires_at <= now()))
        digest = hashlib.sha256(what.encode(errors="replace")).hexdigest()
        if session.get(OidcUsedRow, digest) is not None:
            return False
        session.add(OidcUsedRow(id=digest, expires_at=expires))
        return True

    def _note(self, session: Session, opened: LoginSession, tokens: Tokens, sid: str | None) -> None:
        sealed = self._sealer.seal(tokens.id_token.encode(), about=_about(opened.id))
        session.add(
            OidcSessionRow(
                session_id=opened.id, user_id=opened.user_id, sid=sid, key_id=sealed.key_id, sealed=sealed.content
            )
        )

    def _end(self, session: Session, subject: str | None, sid: str | None) -> int:
        query = select(OidcSessionRow)
        if sid is not None:
            query = query.where(OidcSessionRow.sid == sid)
        if subject is not None:
            user = self._users.find_external(session, self.issuer, subject)
            query = query.where(OidcSessionRow.user_id == ("" if user is None else user.id))
        rows, ended = list(session.scalars(query)), 0
        for user_id in sorted({row.user_id for row in rows}):
            user = user_of(session.get_one(UserRow, user_id))
            theirs = [row.session_id for row in rows if row.user_id == user_id]
            ended += self._sessions.end_in(session, PROVIDER, theirs, user)
        for row in rows:
            session.delete(row)
        return ended

    def _refused(self, reason: str, *, subject: str = "") -> None:
        """Log that somebody who came back from the provider is refused."""
        after = {"issuer": self.issuer, "reason": reason[:500]} | ({"subject": subject} if subject else {})
        with self._database.transaction() as session:
            self._events.record(
                session, PROVIDER, "login.refused", Subject(kind="login", name=subject or "unknown"), after=after
            )


def _about(session_id: str) -> str:
    return f"oidc-session:{session_id}"


def _with_query(url: str, asked: dict[str, str]) -> str:
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(asked)}"
