"""App tokens: each opens one app, for pages that embed it, and nothing else."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from unshelf.contracts.errors import Conflict, NotFound, Unauthenticated
from unshelf.deploy.apps.app import AppInForce
from unshelf.deploy.apps.service import AppService
from unshelf.deploy.apps.tables import AppTokenRow
from unshelf.foundation.access.actors import Actor, end_within
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.keys.tokens import new_token, token_hash

TOKEN_PREFIX = "unshelf_app_"  # noqa: S105 -- the part that is the same in every app token
MOST_DAYS = 366
MOST_A_MINUTE = 600
_MOST_OF_AN_APP = 100
_USE_NOTED = timedelta(minutes=1)
_HINT = "Ask who runs this page for a new one."


@dataclass(frozen=True, kw_only=True)
class AppToken:
    """A token of an app, without its secret."""

    id: str
    app: str
    name: str
    a_minute: int
    created_at: datetime
    created_by: str
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class AppTokenService:
    """Keeps the tokens of apps. They are no tokens of actors: every other address refuses them as unknown."""

    def __init__(self, database: Database, apps: AppService) -> None:
        self._database = database
        self._apps = apps

    def create(
        self, actor: Actor, app: str, *, name: str, expires_in_seconds: float, a_minute: int
    ) -> tuple[AppToken, str]:
        """Create a token; returns it and its secret, which is stored nowhere. It ends with the actor's own token at the latest.

        Raises NotFound, Forbidden, and Conflict where the app has very many."""
        with self._database.transaction() as session:
            row = self._apps.require(session, actor, app)
            good = select(func.count()).where(AppTokenRow.app == app, AppTokenRow.revoked_at.is_(None))
            if (session.scalar(good) or 0) >= _MOST_OF_AN_APP:
                raise Conflict(f"The app {app!r} has {_MOST_OF_AN_APP} tokens.", hint="Revoke one that nobody needs.")
            secret, moment = new_token(TOKEN_PREFIX), now()
            ends = end_within(moment + timedelta(seconds=expires_in_seconds), actor.expires_at, "A token")
            token = AppTokenRow(
                id=new_id(), app=app, name=name, token_sha256=token_hash(secret), a_minute=a_minute, created_at=moment,
                created_by=actor.label, expires_at=ends, revoked_at=None, last_used_at=None,
            )  # fmt: skip
            session.add(token)
            after = {"token": token.id, "name": name, "a_minute": a_minute, "expires_at": token.expires_at.isoformat()}
            self._apps.log(session, actor, "app.token_created", row, after=after)
            return _token_of(token), secret

    def list_of(self, actor: Actor, app: str, *, limit: int, cursor: str | None = None) -> Page[AppToken]:
        """List the tokens that an app ever had, the oldest first. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            self._apps.require(session, actor, app)
            query = select(AppTokenRow).where(AppTokenRow.app == app)
            page = read_page(session, query, [SortKey(AppTokenRow.id)], limit=limit, cursor=cursor)
        return Page([_token_of(row) for row in page.items], page.next_cursor)

    def revoke(self, actor: Actor, app: str, token_id: str) -> None:
        """End a token. Revoking a revoked one is a no-op. Raises NotFound and Forbidden."""
        with self._database.transaction() as session:
            row = self._apps.require(session, actor, app)
            token = session.get(AppTokenRow, token_id)
            if token is None or token.app != app:
                raise NotFound(f"The app {app!r} has no token {token_id[:80]!r}.")
            if token.revoked_at is None:
                token.revoked_at = now()
                self._apps.log(session, actor, "app.token_revoked", row, before={"token": token.id, "name": token.name})

    def open(self, app: str, secret: str) -> tuple[AppToken, AppInForce]:
        """Return the token and its app. Raises Unauthenticated, in words for people, for a secret that does not open this app now."""
        moment = now()
        with self._database.read() as session:
            row = session.scalar(select(AppTokenRow).where(AppTokenRow.token_sha256 == token_hash(secret)))
        if row is None or row.app != app:
            raise Unauthenticated(
                "This app can't be shown: the page that embeds it has no token that opens it.", hint=_HINT
            )
        if row.revoked_at is not None:
            raise Unauthenticated(
                "This app can't be shown here any more: the token of this page was revoked.", hint=_HINT
            )
        if row.expires_at <= moment:
            raise Unauthenticated(f"The token of this page expired on {row.expires_at:%Y-%m-%d}.", hint=_HINT)
        found = self._apps.by_name(app)
        if found is None:
            raise Unauthenticated("This app can't be shown: there is no such app any more.", hint=_HINT)
        if row.last_used_at is None or row.last_used_at < moment - _USE_NOTED:
            self._note_use(row.id, moment)
        return _token_of(row), found

    def _note_use(self, token_id: str, moment: datetime) -> None:
        try:
            with self._database.transaction() as session:
                session.execute(update(AppTokenRow).where(AppTokenRow.id == token_id).values(last_used_at=moment))
        except SQLAlchemyError:  # a full disk must not keep people from looking
            return


def _token_of(row: AppTokenRow) -> AppToken:
    return AppToken(
        id=row.id, app=row.app, name=row.name, a_minute=row.a_minute, created_at=row.created_at,
        created_by=row.created_by, expires_at=row.expires_at, revoked_at=row.revoked_at, last_used_at=row.last_used_at,
    )  # fmt: skip
