"""Connections and bindings, as services know them."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.protocols.data import ConnectionKind
from unshelf.contracts.references import DataReference


@dataclass(frozen=True, kw_only=True)
class DataConnection:
    """A connection, without its credentials."""

    kind: ConnectionKind
    settings: dict[str, str]
    credential_names: list[str]
    """The names of its credentials, whose values nobody sees again."""
    set_at: datetime
    set_by: str
    readable: bool
    """Whether the key that sealed the credentials is at hand; else they have to be given again."""


@dataclass(frozen=True, kw_only=True)
class Binding:
    """A name that leads to other data."""

    target: DataReference
    set_at: datetime
    set_by: str
