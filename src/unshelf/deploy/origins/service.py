"""Allowed origins: which web pages' scripts may call a model from a browser. None unless its owner says so; gateways hold to it."""

from collections.abc import Iterable

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.protocols.origins import web_origin
from unshelf.contracts.routing import model_part
from unshelf.deploy.registry import lookup
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService

MOST_ORIGINS = 50
"""The most origins that a model allows."""


class OriginService:
    """Shows and changes the origins that models allow."""

    def __init__(self, database: Database, publisher: Publisher, audit: AuditService) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit

    def show(self, text: str) -> tuple[str, list[str]]:
        """Return the name of the model that a reference names, and the origins that it allows. Raises NotFound."""
        with self._database.read() as session:
            model = lookup.find_model(session, lookup.reference_from(text).name)
            return model.name, model.origins or []

    def change(
        self, name: str, actor: Actor, *, allow: Iterable[str], remove: Iterable[str], reason: str = ""
    ) -> list[str]:
        """Allow origins, and take others away; gives all that the model allows. Raises NotFound, and InvalidInput for what is none."""
        added, removed = _origins(allow), _origins(remove)
        with self._database.transaction() as session:
            model = lookup.find_model(session, name, for_change=True)
            before = model.origins or []
            after = sorted((set(before) - set(removed)) | set(added))
            if len(after) > MOST_ORIGINS:
                raise InvalidInput(
                    f"A model allows at most {MOST_ORIGINS} origins; with these it would be {len(after)}."
                )
            if after != before:
                model.origins = after or None
                self._publisher.mark_stale(session, model_part(name))
                self._audit.record(
                    session, actor, "model.origins_changed", name, {"origins": after}, before={"origins": before},
                    reason=reason,
                )  # fmt: skip
        self._publisher.publish()
        return after


def _origins(texts: Iterable[str]) -> list[str]:
    try:
        return [web_origin(text) for text in texts]
    except ValueError as error:
        raise InvalidInput(
            f"This can't be allowed: {error}.",
            hint="Copy it from the browser's address bar, up to the first slash after the host.",
        ) from None
