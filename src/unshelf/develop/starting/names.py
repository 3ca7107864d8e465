"""Names of what starts things again."""

import re

from unshelf.contracts.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]{0,98}[A-Za-z0-9._-])?")


def check_name(what: str, name: str) -> None:
    """Raise InvalidInput for what is no name; `what`: the thing that would have it, such as `schedule`."""
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"{name[:110]!a} is no name of a {what}.", hint="Up to 100 letters, digits, spaces and . _ -."
        )
