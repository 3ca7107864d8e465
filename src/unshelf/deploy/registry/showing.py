"""How models and versions are shown: from rows to wire shapes."""

from typing import Any

import msgspec

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.hosting import Replica
from unshelf.deploy.registry.schemas import Model, ModelDetail, Package, Share, VersionDetail, VersionSummary
from unshelf.deploy.registry.tables import ModelRow, VersionRow
from unshelf.develop.environments.locks import Package as LockedPackage
from unshelf.manage.limits import Limits


def shown_model(row: ModelRow, versions: list[int], aliases: dict[str, int]) -> Model:
    """A model in a list."""
    return Model(
        name=row.name, versions=versions, aliases=aliases, release=_shares(row), paused=row.paused,
        created_at=row.created_at, latest=max(versions, default=row.last_version),
    )  # fmt: skip


def shown_detail(
    row: ModelRow, versions: list[VersionRow], aliases: dict[str, int], version: VersionDetail
) -> ModelDetail:
    """A model with the version that was asked for."""
    live = {share.version: share.percent for share in _shares(row)}
    summaries = [
        VersionSummary(
            version=one.number, created_at=one.created_at, by=one.created_by, live_percent=live.get(one.number, 0.0),
            paused=one.paused,
        )
        for one in versions
    ]  # fmt: skip
    return ModelDetail(
        name=row.name, aliases=aliases, release=_shares(row), paused=row.paused, versions=summaries, version=version,
        limits=None if row.limits is None else Limits.model_validate(row.limits),
    )  # fmt: skip


def shown_version(
    row: VersionRow, manifest: Manifest, packages: list[LockedPackage], replicas: list[Replica]
) -> VersionDetail:
    """All there is to know about a version."""
    checks = msgspec.json.decode(row.checks, type=Checks)
    plain_checks = _plain(checks)
    signature = plain_checks.pop("signature", {})
    return VersionDetail(
        version=row.number,
        digest=row.bundle,
        created_at=row.created_at,
        by=row.created_by,
        loader=_plain(manifest.loader),
        environment=row.environment,
        python=checks.python,
        packages=[Package(name=one.name, version=one.version) for one in packages],
        signature=signature,
        checks=plain_checks,
        contains_code=manifest.runs_code,
        code=_plain(manifest.code),
        files=[_plain(file) for file in manifest.files],
        description=manifest.description,
        paused=row.paused,
        replicas=[_plain(one) for one in replicas if (one.model, one.version) == (row.model, row.number)],
        batching=msgspec.structs.asdict(manifest.batching),
    )


def _shares(row: ModelRow) -> list[Share]:
    return [Share.model_validate(share) for share in row.release]


def _plain(value: msgspec.Struct) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(value)
    return fields
