"""Settings of the identity provider that people log in with, by OpenID Connect."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from unshelf.manage.oidc.endpoints import is_loopback_host
from unshelf.manage.oidc.id_tokens import ALGORITHMS, USUAL_ALGORITHMS
from unshelf.server.identity.own_roles import read_own_roles


class OidcSettings(BaseSettings):
    """The part of the settings that is about the identity provider."""

    model_config = SettingsConfigDict(env_prefix="UNSHELF_", frozen=True, extra="forbid", validate_default=True)

    oidc_issuer: str = Field(
        default="",
        description=(
            "The identity provider that people log in with by OpenID Connect: its issuer, exactly as it names itself, such as "
            "`https://id.example.org/realms/staff`; unset: people log in with passwords alone."
        ),
    )
    oidc_client_id: str = Field(default="", description="The name that the identity provider knows this server by.")
    oidc_client_secret: str = Field(
        default="", description="The secret that goes with it; unset: this server is a public client, without one."
    )
    oidc_client_secret_file: str = Field(
        default="", description="A file with that secret, read at each use, in place of `UNSHELF_OIDC_CLIENT_SECRET`."
    )
    oidc_scopes: Annotated[list[str], NoDecode] = Field(
        default=["openid", "profile", "email"],
        description="The scopes, separated by commas, that logging in asks the identity provider for; `openid` is one of them.",
    )
    oidc_groups_claim: str = Field(
        default="groups",
        min_length=1,
        description="The claim with a person's groups at the provider; `a.b` is the claim `b` within `a`.",
    )
    oidc_groups: Annotated[dict[str, list[str]], NoDecode] = Field(
        default={},
        description=(
            'What the provider\'s groups give: a TOML file with `"GROUP" = [TARGET, …]` in each line, or the same as JSON. A target is '
            "`group:NAME`, `role:ROLE`, `role:ROLE@project:NAME` or `role:ROLE@model:NAME`."
        ),
    )
    oidc_name_claim: str = Field(
        default="preferred_username",
        min_length=1,
        description="The claim that a new user's login name is made of: its part before an `@`, in small letters.",
    )
    oidc_sign_up: Literal["groups", "everybody", "nobody"] = Field(
        default="groups",
        description=(
            "Who of the provider's people gets an account at the first login: those in one of the `groups` of `UNSHELF_OIDC_GROUPS`, "
            "`everybody`, or `nobody`."
        ),
    )
    oidc_email_domains: Annotated[list[str], NoDecode] = Field(
        default=[],
        description=(
            "The domains, separated by commas, of which those who log in must have an e-mail address that the provider has verified; "
            "unset: any or none."
        ),
    )
    oidc_hosts: Annotated[list[str], NoDecode] = Field(
        default=[],
        description=(
            "The hosts, separated by commas and each with `:PORT` or without, beside the issuer's own at which the provider may have "
            "endpoints; no others are spoken to."
        ),
    )
    oidc_algorithms: Annotated[list[str], NoDecode] = Field(
        default=list(USUAL_ALGORITHMS),
        description="The algorithms, separated by commas, by which the provider's tokens may be signed.",
    )
    oidc_label: str = Field(
        default="Log in with SSO",
        min_length=1,
        max_length=80,
        description="What the button says that leads to the identity provider.",
    )

    @field_validator("oidc_issuer")
    @classmethod
    def _issuer(cls, issuer: str) -> str:
        if not issuer:
            return issuer
        parts = urlsplit(issuer)
        is_plain = parts.hostname and not (parts.query or parts.fragment or parts.username or parts.password)
        if not is_plain or issuer != issuer.strip():
            raise ValueError(
                f"{issuer[:200]!r} is no issuer: it is an address such as https://id.example.org/realms/staff"
            )
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback_host(parts.hostname or "")):
            raise ValueError("an issuer begins with https://; http:// is good on this machine alone")
        return issuer

    @field_validator("oidc_groups", mode="before")
    @classmethod
    def _groups(cls, given: object) -> object:
        try:
            return msgspec.convert(read_own_roles(given) if isinstance(given, str) else given, dict[str, list[str]])
        except msgspec.ValidationError as error:
            raise ValueError(f"oidc_groups: {error}") from error

    @field_validator("oidc_scopes", "oidc_email_domains", "oidc_hosts", "oidc_algorithms", mode="before")
    @classmethod
    def _split_list(cls, value: object) -> object:
        return [name.strip() for name in value.split(",") if name.strip()] if isinstance(value, str) else value

    @field_validator("oidc_scopes")
    @classmethod
    def _scopes(cls, scopes: list[str]) -> list[str]:
        return scopes if "openid" in scopes else ["openid", *scopes]

    @field_validator("oidc_algorithms")
    @classmethod
    def _algorithms(cls, names: list[str]) -> list[str]:
        unknown = [name for name in names if name not in ALGORITHMS]
        if unknown or not names:
            raise ValueError(f"{', '.join(unknown) or 'nothing'} can't be allowed; choose of: {', '.join(ALGORITHMS)}")
        return names

    @model_validator(mode="after")
    def _has_a_client(self) -> "OidcSettings":
        if not self.oidc_issuer:
            return self
        if not self.oidc_client_id:
            raise ValueError(
                "UNSHELF_OIDC_ISSUER needs UNSHELF_OIDC_CLIENT_ID, by which the provider knows this server"
            )
        if self.oidc_client_secret and self.oidc_client_secret_file:
            raise ValueError("set UNSHELF_OIDC_CLIENT_SECRET or UNSHELF_OIDC_CLIENT_SECRET_FILE, not both")
        if self.oidc_client_secret_file:
            try:
                Path(self.oidc_client_secret_file).read_bytes()
            except OSError as error:
                raise ValueError(
                    f"UNSHELF_OIDC_CLIENT_SECRET_FILE can't be read: {error.strerror or error}: {self.oidc_client_secret_file}"
                ) from None
        return self
