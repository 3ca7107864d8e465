"""Files that this process may not use since they belong to another user: usually root's, after a command was run as root once."""

import os
import pwd
from pathlib import Path


def owner_hint(error: OSError) -> str:
    """Say who owns the file that was refused, and what to do; empty: that is not why it was."""
    if not isinstance(error, PermissionError) or not error.filename:
        return ""
    path = Path(os.fsdecode(error.filename))
    while not os.path.lexists(path) and path != path.parent:
        path = path.parent
    try:
        owner = path.lstat().st_uid
    except OSError:
        return ""
    mine = os.geteuid()
    if owner == mine:
        return ""
    return (
        f"{path} belongs to {_name(owner)}, and this process is {_name(mine)}'s: run it as {_name(owner)}, "
        f"or give it over as root: chown -R {_name(mine)}: {path}"
    )


def _name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
