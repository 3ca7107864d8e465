"""Settings of the network of models, checks and builds."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from unshelf.contracts.bundle import NetworkKind
from unshelf.contracts.network.grants import read_grants
from unshelf.contracts.network.policy import ANY_HOST, EVERYTHING, EgressPolicy


class NetworkSettings(BaseSettings):
    """The part of the settings that is about what programs may reach."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid", validate_default=True)

    egress_allow: Annotated[list[str], NoDecode] = Field(
        default=[ANY_HOST, EVERYTHING],
        description=(
            "What projects may let their models reach, separated by commas: a host, `*.DOMAIN`, an address, a range (`10.0.0.0/8`) or `*` "
            "(every public host), each perhaps with `:PORT`; `full`: the server's whole network. "
            "Hosts of private ranges and this machine: by their whole name, address or range."
        ),
    )
    network_default: NetworkKind = Field(
        default="full",
        description="The network of versions that were deployed before a network had to be granted: `full`, or `none`.",
    )

    build_hosts: Annotated[list[str], NoDecode] = Field(
        default=[],
        description=(
            "What builds of packages may reach beside the server's package indexes, separated by commas: `HOST:PORT`, `*.DOMAIN:PORT` or "
            "`ADDRESS:PORT`."
        ),
    )

    @field_validator("egress_allow", "build_hosts", mode="before")
    @classmethod
    def _split_entries(cls, value: object) -> object:
        return [entry.strip() for entry in value.split(",") if entry.strip()] if isinstance(value, str) else value

    @field_validator("egress_allow")
    @classmethod
    def _is_policy(cls, entries: list[str]) -> list[str]:
        EgressPolicy(entries)
        return entries

    @field_validator("build_hosts")
    @classmethod
    def _are_places(cls, places: list[str]) -> list[str]:
        return [str(place) for place in read_grants(places)]
