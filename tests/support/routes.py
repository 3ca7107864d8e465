"""Routes as control publishes them to gateways, and a caller's token."""

import hashlib
from typing import Any

from unshelf.contracts.routing import ModelRoute, Share, VersionRoute
from unshelf.contracts.signature import Column, Columns, Signature

TOKEN = "unshelf_" + "t" * 43
"""The token of a caller that stand-ins accept."""


SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="float64")], container="dicts"))


def hashed(token: str) -> str:
    """A token as the routing table knows it."""
    return hashlib.sha256(token.encode()).hexdigest()


def version(**fields: Any) -> VersionRoute:
    """A version's route."""
    return VersionRoute(**{"bundle": "b", "environment": "e", "signature": SIGNATURE, **fields})


def one_model(**fields: Any) -> ModelRoute:
    """A model with one live version."""
    return ModelRoute(**{"versions": {1: version()}, "release": [Share(version=1, percent=100.0)], **fields})
