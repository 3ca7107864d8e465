"""Models and versions on the wire: from values to schemas."""

from typing import Any

import msgspec

from unshelf.contracts.routing import Share
from unshelf.deploy.registry.schemas import Model, ModelDetail, Package, VersionDetail, VersionShare, VersionSummary
from unshelf.deploy.registry.values import InspectedModel, RegisteredModel, RegisteredVersion


def model_view(model: RegisteredModel) -> Model:
    """A model in a list."""
    return Model(
        name=model.name, project=model.project, visibility=model.visibility,
        versions=model.versions, aliases=model.aliases, release=share_views(model.release),
        paused=model.paused, created_at=model.created_at, latest=model.latest,
        latest_by=model.latest_by, framework=model.framework,
    )  # fmt: skip


def model_detail(model: InspectedModel) -> ModelDetail:
    """A model with the version that was asked for."""
    versions = [
        VersionSummary(
            version=one.version, created_at=one.created_at, by=one.created_by, live_percent=one.live_percent,
            paused=one.paused,
        )
        for one in model.versions
    ]  # fmt: skip
    return ModelDetail(
        name=model.name, project=model.project, visibility=model.visibility,
        aliases=model.aliases, release=share_views(model.release), paused=model.paused,
        versions=versions, version=_version_detail(model.version), limits=model.limits,
    )  # fmt: skip


def share_views(shares: list[Share]) -> list[VersionShare]:
    """The shares of a release."""
    return [VersionShare(version=share.version, percent=share.percent) for share in shares]


def _version_detail(version: RegisteredVersion) -> VersionDetail:
    checks = _plain(version.checks)
    signature = checks.pop("signature", {})
    checks.pop("output", None)  # what a program printed takes the permission to read records
    manifest = version.manifest
    return VersionDetail(
        version=version.number,
        digest=version.bundle,
        created_at=version.created_at,
        by=version.created_by,
        job=version.job,
        loader=_plain(manifest.loader),
        environment=version.environment,
        python=version.checks.python,
        packages=[Package(name=one.name, version=one.version) for one in version.packages],
        signature=signature,
        checks=checks,
        contains_code=manifest.runs_code,
        code=_plain(manifest.code),
        files=[_plain(file) for file in manifest.files],
        description=manifest.description,
        notes=manifest.notes,
        paused=version.paused,
        replicas=[_plain(one) for one in version.replicas],
        batching=msgspec.structs.asdict(manifest.batching),
        env=manifest.env,
    )


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields
