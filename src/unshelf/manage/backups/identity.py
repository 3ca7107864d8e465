"""The identity of an installation, which its backups name: a copy that was restored beside its original has another one.

It lies in the home folder, not in the database: a restore of an earlier state into the same place would bring an earlier one back."""

import contextlib
import secrets
from datetime import datetime

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.foundation.clock import now
from unshelf.manage.backups.store.manifest import BackupManifest
from unshelf.runtime.durable import replace_file

_ID_BYTES = 8
_SHOWN = 8


class OtherInstallation(UnshelfError):
    """The newest backup at a place is of another installation, which may be alive and back up there, too."""

    code = "other_installation"


class InstallationIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """InstallationIdentity of an installation."""

    id: str
    """16 hexadecimal digits, by chance."""
    copied_at: datetime | None = None
    """For a copy of another installation: when it was restored. What the database says of backups before that is of the original."""


def identity_of(home: Home) -> InstallationIdentity | None:
    """Return the identity of the installation in a home folder; None: it has none yet."""
    with contextlib.suppress(FileNotFoundError, msgspec.DecodeError):
        return msgspec.json.decode(home.installation.read_bytes(), type=InstallationIdentity)
    return None


def own_identity(home: Home) -> InstallationIdentity:
    """Return the identity of the installation in a home folder, which gets one where it has none. Hold the lock of backups."""
    found = identity_of(home)
    return found if found is not None else _write(home, InstallationIdentity(id=secrets.token_hex(_ID_BYTES)))


def become_copy(home: Home) -> None:
    """Have what is restored into a home folder be an installation of its own."""
    _write(home, InstallationIdentity(id=secrets.token_hex(_ID_BYTES), copied_at=now()))


def become_original(home: Home, manifest: BackupManifest) -> None:
    """Have what is restored into a home folder be the installation that the backup was made of.

    In backups of earlier releases it has no identity: it gets one with its next backup."""
    if manifest.installation:
        _write(home, InstallationIdentity(id=manifest.installation))
    else:
        home.installation.unlink(missing_ok=True)


def refuse_others(identity: InstallationIdentity, newest: BackupManifest | None, place: str) -> None:
    """Raise OtherInstallation where the newest backup at a place is of another installation.

    Backups of earlier releases name none: they are of this one unless it is a copy."""
    if newest is None:
        return
    is_ours = newest.installation == identity.id if newest.installation else identity.copied_at is None
    if not is_ours:
        raise OtherInstallation(
            f"The newest backup in {place} ({newest.made_at}) is of another installation{_shown(newest)}, "
            f"whose home folder was {newest.home}; nothing was written.",
            hint="If that one is alive, name another place (UNSHELF_BACKUP_TO). If it is gone for good, take its place once: "
            f"`unshelf backup {place} --take-over`.",
        )  # fmt: skip


def _shown(manifest: BackupManifest) -> str:
    return f" ({manifest.installation[:_SHOWN]})" if manifest.installation else ""


def _write(home: Home, identity: InstallationIdentity) -> InstallationIdentity:
    replace_file(home.installation, msgspec.json.encode(identity))
    return identity
