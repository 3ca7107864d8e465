"""Quotas and tiers over a database; nothing is limited before a test says so."""

from pathlib import Path

from unshelf.contracts.tiers import TIERS
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.named_groups import NamedGroups
from unshelf.manage.groups.user_actors import UserActors
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.tiers.service import TierService
from unshelf.manage.users.named_users import NamedUsers


def holders_of_database() -> Holders:
    """Finds users and groups of a database."""
    holders = Holders()
    holders.register("user", NamedUsers())
    holders.register("group", NamedGroups())
    return holders


def access_over(database: Database) -> AccessService:
    """The grants of a database."""
    return AccessService(database, EventStore(database), Publisher(database, Path()), Roles())


def quotas_over(database: Database, access: AccessService | None = None) -> QuotaService:
    """Quotas of a database, without anything that tells what is used."""
    return QuotaService(database, EventStore(database), access or access_over(database), holders_of_database())


def tiers_over(database: Database, access: AccessService | None = None) -> TierService:
    """Tiers of a database, with the hardware that every server has."""
    known = access or access_over(database)
    actors = UserActors(database, known)
    return TierService(
        database, EventStore(database), TIERS, holders=holders_of_database(), roles=known.roles,
        groups_of=lambda session, user: actors.groups_among(session, [user])[user],
    )  # fmt: skip
