"""People for tests: users of a control, with passwords, sessions and tokens."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
from pwdlib.hashers.argon2 import Argon2Hasher

from tests.support.asgi import AppCaller
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.roles import Roles
from unshelf.manage.access.service import AccessService
from unshelf.manage.audit.service import AuditService
from unshelf.manage.keys.service import KeysService
from unshelf.manage.users.passwords import Passwords
from unshelf.server.wiring.people import PeopleParts, wire_people

# Passwords of tests protect nobody, and at its real cost of 64 MiB and 50 ms a hash is most of what a test of people takes.
Argon2Hasher.__init__.__defaults__ = (1, 8, 1, *(Argon2Hasher.__init__.__defaults__ or ())[3:])

PASSWORD = "correct horse battery"
Call = Callable[..., httpx.Response]


def invited(admin: Call, name: str, **more: Any) -> str:
    """Invite somebody; the secret of the link."""
    answer = admin("POST", "/api/v1/users", json={"name": name, **more})
    assert answer.status_code == 201, answer.text
    url: str = answer.json()["url"]
    return url.partition("#")[2]


def joined(admin: Call, anyone: Call, name: str, **more: Any) -> None:
    """Invite somebody, who accepts."""
    answer = anyone("POST", "/api/v1/password/link", json={"link": invited(admin, name, **more), "password": PASSWORD})
    assert answer.status_code == 204, answer.text


@dataclass(frozen=True)
class Browser:
    """A browser in which somebody is logged in."""

    app: Any
    cookie: str
    csrf: str

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        headers = {
            "cookie": f"unshelf_session={self.cookie}",
            "x-unshelf-csrf": self.csrf,
            **request.pop("headers", {}),
        }
        return AppCaller(self.app)(method, path, headers=headers, **request)


def logged_in(app: Any, name: str, password: str = PASSWORD) -> Browser:
    """Log somebody in."""
    answer = AppCaller(app)("POST", "/api/v1/session", json={"name": name, "password": password})
    assert answer.status_code == 201, answer.text
    return Browser(app, answer.cookies["unshelf_session"], answer.json()["csrf_token"])


def token_of(browser: Call, **wanted: Any) -> str:
    """Create a personal token; its secret."""
    answer = browser("POST", "/api/v1/tokens", json={"name": "test", **wanted})
    assert answer.status_code == 201, answer.text
    token: str = answer.json()["token"]
    return token


@cache
def password_hash() -> str:
    """The hash of PASSWORD: computed once, because that takes long by design."""
    return Passwords().hash(PASSWORD)


def user_actor(people: PeopleParts, database: Database, name: str) -> Actor:
    """A user with what they may do now."""
    with database.read() as session:
        found = people.actors.of(session, people.users.find_in(session, name).id)
    assert found is not None
    return found


def people_over(database: Database, publisher: Publisher, audit: AuditService, keys: KeysService) -> PeopleParts:
    """The parts that know who somebody is, wired as in control, over a database."""
    events = EventStore(database)
    access = AccessService(database, events, publisher, Roles())
    return wire_people(database, events, publisher, audit, access=access, keys=keys)
