"""Accounts of people whom an identity provider knows: found by its id of them, made at the first login, given what their groups give."""

import logging

from sqlalchemy.orm import Session

from unshelf.contracts.configs import OidcOptions
from unshelf.contracts.errors import Conflict, Forbidden
from unshelf.foundation.access.actors import Actor
from unshelf.manage.access.service import AccessService
from unshelf.manage.groups.service import GroupService
from unshelf.manage.oidc.claims import Person
from unshelf.manage.oidc.rights import ProviderGroups, existing
from unshelf.manage.users.service import UserService
from unshelf.manage.users.user import User

PROVIDER = Actor(id="provider", kind="system", label="identity provider")
"""The identity provider as an actor, of what follows from what it says."""

logger = logging.getLogger(__name__)


class ProviderAccounts:
    """Lets people in. Somebody is who the provider's id says, never who has the same e-mail address."""

    def __init__(
        self,
        options: OidcOptions,
        groups: ProviderGroups,
        *,
        users: UserService,
        members: GroupService,
        access: AccessService,
    ) -> None:
        """`groups`: what the provider's groups give."""
        self._options = options
        self._groups = groups
        self._users = users
        self._members = members
        self._access = access

    def enter(self, session: Session, person: Person) -> User:
        """Return the user, in the transaction of the login, with exactly the provided groups and roles of now.

        Raises Forbidden for somebody who may not log in, Conflict for a login name that is taken, InvalidInput for one that can't be."""
        self._must_have_address(person)
        user = self._users.find_external(session, self._options.issuer, person.subject)
        if user is None:
            user = self._sign_up(session, person)
        if user.status != "active":
            raise Forbidden(f"The account {user.name} is deactivated.", hint="An administrator can activate it again.")
        user = self._users.welcome_back(session, PROVIDER, user, email=person.email, full_name=person.full_name)
        self._synchronize(session, user, person)
        return user

    def _must_have_address(self, person: Person) -> None:
        domains = {domain.lower() for domain in self._options.email_domains}
        if domains and not (person.is_email_verified and person.email.rpartition("@")[2].lower() in domains):
            raise Forbidden(
                "You have no verified e-mail address of a domain that may log in here.",
                hint="The operator lists the domains in UNSHELF_OIDC_EMAIL_DOMAINS.",
            )

    def _sign_up(self, session: Session, person: Person) -> User:
        may = {"everybody": True, "nobody": False, "groups": self._groups.knows(person.groups)}[self._options.sign_up]
        if not may:
            raise Forbidden(
                "You have no account here, and your groups give you none.",
                hint="Ask an administrator: UNSHELF_OIDC_SIGN_UP and UNSHELF_OIDC_GROUPS say who gets one.",
            )
        if not person.name:
            raise Forbidden(
                "The identity provider tells no login name for you.",
                hint="The operator says in UNSHELF_OIDC_NAME_CLAIM which claim has it.",
            )
        try:
            return self._users.add_external(
                session, PROVIDER, issuer=self._options.issuer, subject=person.subject, name=person.name,
                email=person.email, full_name=person.full_name,
            )  # fmt: skip
        except Conflict:
            raise Conflict(
                f"There is an account {person.name!r} already, and it is not yours as far as the identity provider knows.",
                hint=f"If it is, an administrator gives it to you: unshelf users link {person.name} {person.subject[:80]}",
            ) from None

    def _synchronize(self, session: Session, user: User, person: Person) -> None:
        rights = self._groups.rights_of(person.groups)
        roles, missing = existing(session, rights.roles, self._access.has_model)
        if missing:
            logger.warning(
                "a group of the identity provider gives roles on what there is not",
                extra={"user": user.name, "roles": missing},
            )
        self._members.replace_provided(session, PROVIDER, user, rights.groups)
        self._access.replace_provided(session, PROVIDER, user.id, roles)
