"""The stage: a platform that the parts fill, as its administrator and as the people of the demo."""

import secrets
from collections.abc import Callable
from pathlib import Path

from unshelf.client.client import Client
from unshelf.client.errors import NotFound, UnshelfError
from unshelf.client.login.login import set_password, token_by_password

MARK = "demo"
"""The tag of what the demo made. What has the same name and not the tag belongs to somebody, and is left alone."""
_TOKEN_SECONDS = 3600


class Stage:
    """A platform, as the parts see it. Each part adds only what is missing, so that the demo may be run again."""

    def __init__(self, admin: Client, home: Path | None = None) -> None:
        """`home`: the platform's home folder, where the demo made it; None: somebody's platform."""
        self.admin = admin
        self.home = home
        self._people: dict[str, Client] = {}

    def person(self, name: str) -> Client:
        """Return the client of one of the demo's people, whose password is new and random each time, and kept nowhere."""
        if name not in self._people:
            password = secrets.token_urlsafe(24)
            set_password(self.admin.password_link(name)["url"], password)
            token = token_by_password(self.admin.url, name, password, seconds=_TOKEN_SECONDS)
            self._people[name] = Client(self.admin.url, token)
        return self._people[name]

    def ours(self, subject: str, find: Callable[[str], object]) -> bool:
        """Whether the demo made this before; False where `find` finds none. Raises UnshelfError for what is somebody's."""
        try:
            find(subject.rpartition("/")[2])
        except NotFound:
            return False
        if not any(each["tag"] == MARK for each in self.admin.subject(subject)["tags"]):
            kind, _, name = subject.rpartition("/")
            raise UnshelfError(
                f"There is a {kind or 'model'} {name!r} already, which the demo did not make, and leaves alone.",
                code="demo_name_taken",
                hint="Fill a platform of its own: stop this one, or name another by UNSHELF_URL, and run `unshelf demo --full` again.",
            )
        return True

    def close(self) -> None:
        """Close the connections of the people."""
        for client in self._people.values():
            client.close()
