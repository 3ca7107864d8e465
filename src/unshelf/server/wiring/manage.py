"""Parts of the wing manage."""

from dataclasses import dataclass

from unshelf.contracts.permissions import Permission
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.audit import routes as audit_routes
from unshelf.manage.goals import routes as goals_routes
from unshelf.manage.goals.owned_goals import OwnedGoals
from unshelf.manage.goals.service import GoalService
from unshelf.manage.goals.subjects import goal_source
from unshelf.manage.groups.named_groups import NamedGroups
from unshelf.manage.groups.subjects import group_source
from unshelf.manage.keys import routes as keys_routes
from unshelf.manage.keys.service import KeysService
from unshelf.manage.keys.subjects import key_source
from unshelf.manage.members import routes as members_routes
from unshelf.manage.members.service import MemberService
from unshelf.manage.projects import routes as projects_routes
from unshelf.manage.projects.notes import NoteService
from unshelf.manage.projects.search import project_source
from unshelf.manage.projects.service import ProjectService
from unshelf.manage.projects.subjects import project_kind
from unshelf.manage.requests import routes as requests_routes
from unshelf.manage.requests.access import AccessRequests
from unshelf.manage.requests.service import RequestService
from unshelf.manage.requests.subjects import request_source
from unshelf.manage.requests.tokens import RequestTokens
from unshelf.manage.secrets import routes as secrets_routes
from unshelf.manage.secrets.service import SecretService
from unshelf.manage.users.named_users import NamedUsers
from unshelf.manage.users.subjects import user_source
from unshelf.runtime.sealing import Sealer
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.notifications import NotificationParts, build_notifications
from unshelf.server.wiring.people import PeopleParts, build_people
from unshelf.server.wiring.quotas import QuotaParts, build_quotas


@dataclass(frozen=True, kw_only=True)
class ManageParts:
    """Parts of the wing manage."""

    access: AccessService
    notifications: NotificationParts
    holders: Holders
    """To find users and groups by name: the capabilities that keep some register with it."""
    projects: ProjectService
    quotas: QuotaParts
    goals: GoalService
    requests: RequestService
    keys: KeysService
    secrets: SecretService
    people: PeopleParts
    loops: list[PeriodicLoop]
    routers: list[ApiRouter]


def build_manage(base: BaseParts) -> ManageParts:
    """Build the parts of the wing manage."""
    keys = KeysService(base.database, base.publisher, base.audit)
    secrets = SecretService(
        base.database,
        base.publisher,
        base.audit,
        base.host,
        Sealer(base.home.secrets_key),
        sources=base.config.secrets_from,
    )
    base.subjects.register(project_kind())
    base.search_sources.register(project_source())
    base.add_kind(key_source(), Permission.KEYS_READ)
    base.add_kind(user_source(), Permission.MEMBERS_MANAGE, anywhere=True)
    base.add_kind(group_source(), Permission.MEMBERS_MANAGE, anywhere=True)
    base.add_kind(goal_source(), Permission.PROJECT_READ)
    base.add_kind(request_source(), Permission.MEMBERS_MANAGE)
    access = AccessService(base.database, base.events, base.publisher, Roles(base.config.roles))
    holders = Holders()
    holders.register("user", NamedUsers())
    holders.register("group", NamedGroups())
    people = build_people(base, access, keys)
    people.groups.on_removed(lambda session, name: base.subjects.removed(session, "group", [name]))
    notifications = build_notifications(base, people)
    projects = ProjectService(base.database, base.events, base.publisher, access)
    members = MemberService(base.database, base.publisher, access, holders)
    routers = [
        keys_routes.router(keys),
        *people.routers,
        *notifications.routers,
        secrets_routes.router(secrets),
        audit_routes.router(base.audit, base.events, people.identity.current),
        audit_routes.accepted_files_router(base.ledger),
        members_routes.router(access.roles, members),
        projects_routes.router(projects, NoteService(base.database, base.events)),
    ]
    goals = GoalService(base.database, base.events, holders)
    requests = RequestService(base.database, base.events, base.publisher, notifications.service)
    requests.register("access", AccessRequests(access))
    quotas = build_quotas(base, people, holders, requests=requests, notifications=notifications.service)
    tokens = RequestTokens(requests, people.tokens)
    routers += [goals_routes.router(goals), requests_routes.router(requests, tokens), *quotas.routers]
    people.users.add_keeper(OwnedGoals(base.events))
    people.users.on_end(lambda session, user: requests.withdraw_all(session, user.id))
    return ManageParts(
        goals=goals,
        requests=requests,
        quotas=quotas,
        loops=[secrets.loop(), *people.loops, quotas.expiry.loop()],
        access=access,
        notifications=notifications,
        holders=holders,
        projects=projects,
        keys=keys,
        people=people,
        secrets=secrets,
        routers=routers,
    )
