"""Parts of the wing manage that are about people: users, groups, sessions and tokens."""

from dataclasses import dataclass

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.publication import Publisher
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.access.service import AccessService
from unshelf.manage.audit.service import AuditService
from unshelf.manage.groups import routes as groups_routes
from unshelf.manage.groups.owned_projects import OwnedProjects
from unshelf.manage.groups.service import GroupService
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.identity import routes as identity_routes
from unshelf.manage.identity.authentication import TokenAuthentication
from unshelf.manage.identity.key_shards import KeyShards
from unshelf.manage.keys.service import KeysService, active_keys, key_shards
from unshelf.manage.personal_tokens import routes as tokens_routes
from unshelf.manage.personal_tokens.devices import DeviceService
from unshelf.manage.personal_tokens.service import PersonalTokenService
from unshelf.manage.sessions import routes as sessions_routes
from unshelf.manage.sessions.service import SessionService
from unshelf.manage.users import routes as users_routes
from unshelf.manage.users.accounts import AccountService
from unshelf.manage.users.attempts import LoginAttempts
from unshelf.manage.users.owned_keys import OwnedKeys
from unshelf.manage.users.service import UserService
from unshelf.server.wiring.base import BaseParts

_PRUNE_SECONDS = 3600.0


@dataclass(frozen=True, kw_only=True)
class PeopleParts:
    """Parts that know who somebody is."""

    access: AccessService
    users: UserService
    accounts: AccountService
    groups: GroupService
    actors: UserActors
    sessions: SessionService
    tokens: PersonalTokenService
    identity: TokenAuthentication
    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_people(base: BaseParts, access: AccessService, keys: KeysService) -> PeopleParts:
    """Build the parts that know who somebody is."""
    return wire_people(base.database, base.events, base.publisher, base.audit, access=access, keys=keys)


def wire_people(
    database: Database,
    events: EventStore,
    publisher: Publisher,
    audit: AuditService,
    *,
    access: AccessService,
    keys: KeysService,
) -> PeopleParts:
    """Build these parts over a database."""
    actors = UserActors(database, access)
    users = UserService(database, events, publisher, access, actors.must_cover)
    attempts = LoginAttempts(database, events)
    accounts = AccountService(database, events, publisher, users, attempts)
    groups = GroupService(database, events, publisher, access, users)
    sessions = SessionService(database, events, actors, keys)
    tokens = PersonalTokenService(database, events, publisher, access, actors)
    shards = KeyShards((key_shards, active_keys), (tokens.routes.names, tokens.routes.build))
    publisher.contribute("keys", shards.names, shards.build)
    access.know_holders(actors.is_live)
    access.on_change(tokens.routes.mark_holder)
    groups.on_member(tokens.routes.mark_user)
    users.on_end(sessions.end_all)
    users.on_end(tokens.end_all)
    users.on_link(sessions.end_all)
    accounts.on_new_password(lambda session, user, new: sessions.end_all(session, user, but=new.session))
    accounts.on_new_password(lambda session, user, new: tokens.end_all(session, user) if new.ends_tokens else None)
    users.add_keeper(OwnedProjects(access))
    users.add_keeper(OwnedKeys(audit))
    devices = DeviceService(database, events, publisher, tokens, actors, attempts=attempts)
    return PeopleParts(
        access=access,
        users=users,
        accounts=accounts,
        groups=groups,
        actors=actors,
        sessions=sessions,
        tokens=tokens,
        identity=TokenAuthentication(keys, tokens, actors),
        loops=[tokens.loop(), PeriodicLoop(name="ended-sessions", act=sessions.prune, every=_PRUNE_SECONDS)],
        routers=[
            identity_routes.router(keys, users, groups, access),
            users_routes.router(users),
            users_routes.leaving_router(users),
            users_routes.password_router(accounts),
            groups_routes.router(groups),
            sessions_routes.router(sessions, accounts),
            sessions_routes.link_router(sessions),
            tokens_routes.router(tokens, users),
            tokens_routes.device_router(devices),
        ],
    )
