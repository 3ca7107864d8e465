"""Question and answer of a bundling process, which makes a bundle of uploaded files: one JSON value each, on standard input and output."""

from typing import Any

import msgspec

from unshelf.contracts.bundle import BundleFile, Manifest


class BundleChoices(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Choices of the person who deploys, in place of what the files say; None and empty leave it to them."""

    path: str | None = None
    """The model file among the files; None: their folder, or the only file."""
    example: str | None = None
    """The file among them that has rows of an example."""
    requirements: list[str] = []
    """PEP 508 requirements, in place of the files' own on the same packages."""
    python: str | None = None
    """The Python version of the environment, `3.11` or `3.11.7`."""
    lock: str | None = None
    """The text of the pylock.toml of the environment to use; then no requirements count."""
    tier: str | None = None
    """The tier of a replica."""
    min_replicas: int | None = None
    """Replicas that always run."""
    max_replicas: int | None = None
    """The most replicas at once."""
    description: str | None = None
    """A text for people."""


class BundlingQuestion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the files lie, and what was chosen."""

    folder: str
    choices: BundleChoices = BundleChoices()


class MadeFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a bundle that was made while bundling, such as the example's rows."""

    sha256: str
    content: bytes
    """In JSON as base64."""


class MadeBundle(msgspec.Struct, frozen=True, kw_only=True, tag="bundle", omit_defaults=True):
    """A bundle, as `unshelf deploy PATH` would make it."""

    manifest: Manifest
    made: list[MadeFile] = []
    limits: dict[str, Any] | None = None
    """Limits that the model shall have, where the folder names some."""
    baseline: BundleFile | None = None
    """The Parquet file of the baseline, which is among those made."""


class BundleRefused(msgspec.Struct, frozen=True, kw_only=True, tag="refused"):
    """The files can't be deployed as they are."""

    detail: str
    hint: str = ""


BundlingAnswer = MadeBundle | BundleRefused
