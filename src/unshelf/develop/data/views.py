"""Data as the API shows it."""

import msgspec

from unshelf.develop.connections.connection import Binding
from unshelf.develop.data.schemas import (
    BindingDetail,
    ConnectionDetail,
    DataDetail,
    DatasetVersionDetail,
    DatasetVersionSummary,
    DataSummary,
    DataUseSummary,
)
from unshelf.develop.data.service import ShownData
from unshelf.develop.datasets.dataset import DatasetVersion


def to_detail(shown: ShownData) -> DataDetail:
    """A name and what it leads to."""
    return DataDetail(
        **DataSummary.model_validate(shown.name).model_dump(),
        versions=[to_summary(version) for version in shown.versions],
        version=None if shown.version is None else to_version(shown.version),
        connection=None if shown.connection is None else ConnectionDetail.model_validate(shown.connection),
        binding=None if shown.binding is None else to_binding(shown.binding),
        uses=[DataUseSummary.model_validate(use) for use in shown.uses],
    )


def to_binding(binding: Binding) -> BindingDetail:
    """A binding."""
    return BindingDetail(target=str(binding.target), set_at=binding.set_at, set_by=binding.set_by)


def to_summary(version: DatasetVersion) -> DatasetVersionSummary:
    """A version in a list."""
    return DatasetVersionSummary(
        version=version.number, digest=version.digest, format=version.format, bytes=version.bytes, rows=version.rows,
        created_at=version.created_at, created_by=version.created_by,
        job=version.job,
    )  # fmt: skip


def to_version(version: DatasetVersion) -> DatasetVersionDetail:
    """A version in full."""
    return DatasetVersionDetail(
        **to_summary(version).model_dump(),
        files=[msgspec.to_builtins(file) for file in version.files],
        columns=[msgspec.to_builtins(column) for column in version.profile or []],
        preview=version.preview or [],
    )
