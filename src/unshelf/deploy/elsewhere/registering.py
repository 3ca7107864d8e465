"""Registration of models that run elsewhere: a signature, roles of columns and perhaps a baseline, and nothing to run."""

from dataclasses import dataclass
from typing import Any

import msgspec

from unshelf.contracts.bundle import ELSEWHERE, Checks, Loader, Manifest, ModelTask, Monitoring, Recording
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.references import NAME_RULE, is_name
from unshelf.contracts.signature import Signature
from unshelf.deploy.bundles.service import BundleService, holder_of_deploy
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.deploy.data_uses.service import DataUseService
from unshelf.deploy.deploys.service import DeployService
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.registry.tables import VersionRow
from unshelf.deploy.releases.service import ReleaseService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher

_MOST_PLACE = 200


@dataclass(frozen=True, kw_only=True)
class Registration:
    """A version to register."""

    name: str
    project: str | None
    signature: dict[str, Any]
    description: str = ""
    place: str = ""
    """The infrastructure that it runs on, for people: `SageMaker, eu-west-1`."""
    task: ModelTask | None = None
    classes: tuple[str, ...] = ()
    monitoring: dict[str, Any] | None = None
    redact: tuple[str, ...] = ()
    baseline: str | None = None
    """The training data: `data://NAME@VERSION`."""


@dataclass(frozen=True, kw_only=True)
class Registered:
    """A version that is registered."""

    name: str
    version: int
    project: str
    created: bool
    """False: it was there already, the same in everything."""


class ElsewhereService:
    """Registers versions of models that run elsewhere. The newest one is live: records that name no version are of it."""

    def __init__(
        self, database: Database, publisher: Publisher, *, bundles: BundleService, registry: RegistryService, releases: ReleaseService,
        deploys: DeployService, data_uses: DataUseService,
    ) -> None:  # fmt: skip
        self._database = database
        self._publisher = publisher
        self._bundles = bundles
        self._registry = registry
        self._releases = releases
        self._deploys = deploys
        self._data_uses = data_uses

    def register(self, actor: Actor, wanted: Registration) -> Registered:
        """Register a version; what is the same as the newest one in everything is that one.

        Raises Forbidden, Conflict for a name of another project, InvalidInput for a signature that is none or has no outputs."""
        if not is_name(wanted.name):
            raise InvalidInput(f"{wanted.name[:80]!a} may be no model's name: {NAME_RULE}.")
        scope = self._deploys.scope_for(wanted.name, wanted.project, actor)
        manifest, signature = _manifest(wanted), _signature(wanted.signature)
        known = self._same(wanted.name, manifest.digest)
        if known is not None:
            return Registered(name=wanted.name, version=known, project=scope.project, created=False)
        baseline = None if wanted.baseline is None else BaselineRequest(data=wanted.baseline)
        used = self._data_uses.resolve(actor, baseline, None)
        if any(each.file is not None or each.dataset is None for each in used):
            raise InvalidInput(
                "A baseline of a model that runs elsewhere is a dataset.", hint="Write data://NAME@VERSION."
            )
        id = new_id()
        checks = Checks(python="", load_seconds=0.0, memory_bytes=0, signature=signature)
        with self._bundles.claim(actor, manifest, holder_of_deploy(id)) as session:
            self._deploys.take_name(session, scope)
            self._data_uses.remember(session, id, wanted.name, used)
            number = self._registry.register(
                session,
                wanted.name,
                project=scope.project,
                bundle=manifest.digest,
                environment=None,
                checks=checks,
                actor=actor,
            )
            self._data_uses.settle(session, id, number)
            self._releases.put_live(session, wanted.name, number, 100.0, actor)
            self._bundles.let_go(session, [holder_of_deploy(id)])
        self._publisher.publish()
        return Registered(name=wanted.name, version=number, project=scope.project, created=True)

    def _same(self, name: str, digest: str) -> int | None:
        with self._database.read() as session:
            if not self._registry.has_model(session, name):
                return None
            newest = max(lookup.version_numbers(session, name), default=0)
            row = session.get(VersionRow, (name, newest))
            return newest if row is not None and row.bundle == digest else None


def _signature(fields: dict[str, Any]) -> Signature:
    try:
        signature = msgspec.convert(fields, Signature)
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidInput(f"The signature can't be used: {error}.") from None
    if signature.outputs is None:
        raise InvalidInput(
            "The signature has no outputs, so that answers could not be read.", hint="Give an example with its output."
        )
    return signature


def _manifest(wanted: Registration) -> Manifest:
    place = wanted.place.strip()[:_MOST_PLACE]
    try:
        return Manifest(
            loader=Loader(kind=ELSEWHERE, options={"place": place} if place else {}), files=[], python="",
            signature=_signature(wanted.signature), description=wanted.description, seen_task=wanted.task,
            seen_classes=list(wanted.classes), recording=Recording(redact=list(wanted.redact)),
            monitoring=msgspec.convert(wanted.monitoring or {}, Monitoring),
            notes=[f"It runs elsewhere: {place}."] if place else ["It runs elsewhere."],
        )  # fmt: skip
    except (msgspec.ValidationError, ValueError) as error:
        raise InvalidInput(f"The registration can't be used: {error}.") from None
