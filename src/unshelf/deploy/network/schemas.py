"""Networks of versions on the wire."""

from typing import Literal

from pydantic import Field

from unshelf.contracts.bundle import NetworkKind
from unshelf.contracts.network.grants import MOST_GRANTS
from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class GrantedNetwork(AnswerModel):
    """The network of a version."""

    version: int
    """The number of the version."""
    access: NetworkKind
    """`full`: the server's network. `none`: nothing but `allow`."""
    allow: list[str]
    """The places that it may connect to: `HOST:PORT`, `*.DOMAIN:PORT`, `ADDRESS:PORT`."""
    source: Literal["manifest", "changed", "default"]
    """Where that comes from: what it was deployed with, a later change, or, for a version of before networks had to be granted, the
    operator's default."""
    refused: list[str]
    """Places that it was refused of late, the latest first."""


class GrantedNetworks(AnswerModel):
    """The networks of a model's versions."""

    name: str
    """The name of the model."""
    versions: list[GrantedNetwork]
    """The versions that the reference names, by number: for a name alone all."""


class NetworkChange(RequestModel):
    """A change of what versions may reach; what is left out stays as it is."""

    access: NetworkKind | None = None
    """`full`: the server's whole network. `none`: nothing but what is allowed."""
    allow: list[str] = Field(default=[], max_length=MOST_GRANTS)
    """Places to grant: `HOST:PORT`, `*.DOMAIN:PORT`, `ADDRESS:PORT`."""
    remove: list[str] = Field(default=[], max_length=MOST_GRANTS)
    """Places to take away; those that are not granted are passed over."""
    reason: str = Field(default="", max_length=1000)
    """Why, for the log."""
