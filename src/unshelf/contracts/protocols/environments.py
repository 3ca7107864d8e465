"""Messages about environments without a bundle, between control and the host; part of contracts.protocols.host."""

import msgspec


class BuildEnvironment(msgspec.Struct, frozen=True, kw_only=True, tag="build_environment"):
    """Control: lock these requirements, or take this lock, and build the environment. Answered by Progress*, then EnvironmentBuilt or
    Failed."""

    id: int
    python: str = ""
    """A Python version, `3.11` or `3.11.7`; empty: the server's own."""
    requirements: list[str] = []
    """Requirements as of PEP 508, with hashes where only some files are wanted."""
    constraints: list[str] = []
    """Bounds on packages, which ask for none."""
    lock: str = ""
    """The text of a pylock.toml, which is built as it is; empty: the requirements are locked."""
    environment: str = ""
    """The hash of an environment that this host made before, whose own lock `lock` is; empty: somebody brings the lock."""
    actor: str = ""
    """The one who wants it: turns are shared out by this."""


class ListLostLocks(msgspec.Struct, frozen=True, kw_only=True, tag="list_lost_locks"):
    """Control: of which environments can you not read the lock, and so not make them again? Answered by LostLocks."""

    id: int


class LostLocks(msgspec.Struct, frozen=True, kw_only=True, tag="lost_locks"):
    """The environments that can't be used as they lie there, and whose locks can't be read."""

    id: int
    environments: list[str]
    """Their hashes."""


class GiveLock(msgspec.Struct, frozen=True, kw_only=True, tag="give_lock"):
    """Control: make this environment again from this lock of its, which the database has. Answered by Ack, at once."""

    id: int
    environment: str
    lock: str
    """The text of its pylock.toml."""
    python: str
    """The Python version that it was made with."""


class EnvironmentBuilt(msgspec.Struct, frozen=True, kw_only=True, tag="environment_built"):
    """The environment is there."""

    id: int
    lock: str
    """The text of its pylock.toml."""
    environment: str
    """The hash of the lock."""
    python: str
    """The Python version, in full."""
    built: bool
    """False when it was there already."""
    bytes: int
    """Size on disk."""


class ExportEnvironment(msgspec.Struct, frozen=True, kw_only=True, tag="export_environment"):
    """Control: give me this environment as a tar archive. Answered by ArchiveChunk*, then ArchiveEnd; or by Failed, before the first
    chunk alone. A sender that reads slowly is waited for."""

    id: int
    environment: str
    """The hash."""
    lock: str
    """The text of its pylock.toml."""
    python: str
    """The Python version, in full."""
    name: str = ""
    """The name by which it was asked for, for people who read the archive."""
    actor: str = ""
    """The one who wants it: turns are shared out by this."""


class ArchiveChunk(msgspec.Struct, frozen=True, kw_only=True, tag="archive_chunk"):
    """The next bytes of an archive."""

    id: int
    data: bytes


class ArchiveEnd(msgspec.Struct, frozen=True, kw_only=True, tag="archive_end"):
    """The archive is complete."""

    id: int
