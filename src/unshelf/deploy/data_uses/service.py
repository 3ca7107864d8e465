"""The door to the data that versions are made with: profiled as a step of the deploy, tied to the version when it is registered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ColumnProfile, DataProfile
from unshelf.contracts.references import InvalidReference, parse_data_reference
from unshelf.deploy.data_uses.schemas import BaselineRequest
from unshelf.deploy.data_uses.tables import DataUseRow
from unshelf.develop.data.service import DataService
from unshelf.develop.datasets.dataset import DatasetVersion, DataUse
from unshelf.develop.datasets.service import DatasetService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.blob_holds import hold, let_go
from unshelf.foundation.database.engine import Database
from unshelf.foundation.subjects import Subjects


@dataclass(frozen=True, kw_only=True)
class UsedData:
    """Data that a deploy uses."""

    role: str
    source: str
    dataset: str | None = None
    dataset_version: int | None = None
    rows: int | None = None
    profile: list[ColumnProfile] | None = None
    file: BundleFile | None = None
    """The uploaded file of a baseline that is to be profiled."""


class DataUseService:
    """Keeps the profile of each version's baseline, and which datasets its baseline and example are."""

    def __init__(self, database: Database, datasets: DatasetService, data: DataService, subjects: Subjects) -> None:
        self._database = database
        self._datasets = datasets
        self._data = data
        subjects.on_removed(_forget)
        datasets.add_uses(_uses)

    def resolve(self, actor: Actor, baseline: BaselineRequest | None, example: str | None) -> list[UsedData]:
        """Return what a deploy uses; a file of its own is profiled later. Raises NotFound for data that the actor may not read,
        InvalidInput for what names none, Conflict for a file that was not uploaded."""
        found = []
        if baseline is not None:
            found.append(self._baseline(actor, baseline))
        if example is not None:
            found.append(_of_dataset("example", example, self._dataset(actor, example)))
        return found

    def remember(self, session: Session, deploy: str, model: str, used: Sequence[UsedData]) -> None:
        """Keep what a deploy uses, in the transaction that begins it."""
        for each in used:
            profile = None if each.profile is None else msgspec.to_builtins(each.profile)
            session.add(
                DataUseRow(
                    deploy=deploy, role=each.role, model=model, version=None, source=each.source, dataset=each.dataset,
                    dataset_version=each.dataset_version, rows=each.rows, profile=profile,
                    file=None if each.file is None else msgspec.to_builtins(each.file),
                )
            )  # fmt: skip
            if each.file is not None:
                hold(session, {each.file.sha256: each.file.size}, _holder(deploy))

    def unprofiled(self, deploy: str) -> BundleFile | None:
        """Return the file of a deploy's baseline that is still to be profiled; None: there is nothing to do."""
        with self._database.read() as session:
            row = session.get(DataUseRow, (deploy, "baseline"))
        return None if row is None or row.file is None else msgspec.convert(row.file, BundleFile)

    def profile(self, file: BundleFile, watch: Callable[[], None]) -> DataProfile:
        """Profile the file of a baseline in a process of its own, which ends when `watch`, called now and then, raises.

        Raises InvalidInput for what is no Parquet. No transaction may be open."""
        return self._datasets.profile([file], "parquet", watch=watch)

    def keep_profile(self, session: Session, deploy: str, profile: DataProfile) -> None:
        """Keep the profile of a deploy's baseline, whose file is not needed any more."""
        row = session.get_one(DataUseRow, (deploy, "baseline"))
        row.rows, row.profile, row.file = profile.rows, msgspec.to_builtins(profile.columns), None
        row.baseline = profile.baseline or None
        let_go(session, _holder(deploy))

    def settle(self, session: Session, deploy: str, version: int | None) -> None:
        """Tie what a deploy uses to the version that it registered; None: it registered none, and nothing is kept."""
        of_deploy = DataUseRow.deploy == deploy
        let_go(session, _holder(deploy))
        session.execute(
            delete(DataUseRow).where(of_deploy) if version is None
            else update(DataUseRow).where(of_deploy).values(version=version)
        )  # fmt: skip

    def of_version(self, model: str, number: int) -> list[UsedData]:
        """Return the data that a version was made with."""
        query = select(DataUseRow).where(DataUseRow.model == model, DataUseRow.version == number)
        with self._database.read() as session:
            return [_used(row) for row in session.scalars(query.order_by(DataUseRow.role))]

    def baseline_of(self, model: str, number: int) -> list[ColumnProfile]:
        """Return the profile of a version's baseline; empty: it has none."""
        used = next((each for each in self.of_version(model, number) if each.role == "baseline"), None)
        return list(used.profile or []) if used is not None else []

    def baseline_dataset(self, model: str, number: int) -> str | None:
        """Return the dataset that a version was trained on, as `NAME@VERSION`; None: it is none, or not known."""
        used = next((each for each in self.of_version(model, number) if each.role == "baseline"), None)
        return None if used is None or used.dataset is None else f"{used.dataset}@{used.dataset_version}"

    def stored_baseline(self, model: str, number: int) -> bytes | None:
        """Return the stored profile that records of a version are held against; None: there is none."""
        query = select(DataUseRow).where(
            DataUseRow.model == model, DataUseRow.version == number, DataUseRow.role == "baseline"
        )
        with self._database.read() as session:
            row = session.scalar(query)
            if row is None or row.baseline is not None:
                return None if row is None else row.baseline
            if row.dataset is None or row.dataset_version is None:
                return None
            return self._datasets.stored_baseline(session, row.dataset, row.dataset_version)

    def _baseline(self, actor: Actor, wanted: BaselineRequest) -> UsedData:
        version = None if wanted.data is None else self._dataset(actor, wanted.data)
        if version is not None:
            return _of_dataset("baseline", wanted.data or "", version)
        if wanted.file is None:
            raise InvalidInput(
                "The baseline has neither a dataset nor a file.", hint="Upload it as Parquet, and name the file."
            )
        try:
            file = msgspec.convert(wanted.file, BundleFile)
        except msgspec.ValidationError as error:
            raise InvalidInput(f"The baseline's file can't be used: {error}.") from None
        self._datasets.require_uploaded(actor, file)
        return UsedData(role="baseline", source=wanted.data or "", file=file)

    def _dataset(self, actor: Actor, text: str) -> DatasetVersion | None:
        try:
            reference = parse_data_reference(text)
        except InvalidReference as error:
            raise InvalidInput(f"{error}.") from None
        return self._data.dataset_version(actor, reference)


def _holder(deploy: str) -> str:
    """The holder of a baseline's file until it is profiled."""
    return f"baseline/{deploy}"


def _of_dataset(role: str, source: str, version: DatasetVersion | None) -> UsedData:
    if version is None:
        return UsedData(role=role, source=source)
    return UsedData(
        role=role, source=source, dataset=version.name, dataset_version=version.number, rows=version.rows,
        profile=version.profile if role == "baseline" else None,
    )  # fmt: skip


def _used(row: DataUseRow) -> UsedData:
    profile = None if row.profile is None else msgspec.convert(row.profile, list[ColumnProfile])
    return UsedData(
        role=row.role, source=row.source, dataset=row.dataset, dataset_version=row.dataset_version, rows=row.rows,
        profile=profile,
    )  # fmt: skip


def _uses(session: Session, actor: Actor, dataset: str) -> list[DataUse]:
    """Find the versions that use a dataset, of models that the actor may see."""
    query = select(DataUseRow).where(
        DataUseRow.dataset == dataset,
        DataUseRow.version.is_not(None),
        visible(DataUseRow.model, actor, Permission.MODEL_READ),
    )
    rows = session.scalars(query.order_by(DataUseRow.model, DataUseRow.version, DataUseRow.role))
    return [
        DataUse(dataset_version=cast(int, row.dataset_version), reference=f"{row.model}:{row.version}", role=row.role)
        for row in rows
    ]


def _forget(session: Session, kind: str, names: list[str]) -> None:
    """Forget the data of versions that are removed: later ones have other numbers, and a removed model's data is nobody's."""
    if kind != "version":
        return
    for name in names:
        model, _, number = name.rpartition(":")
        session.execute(delete(DataUseRow).where(DataUseRow.model == model, DataUseRow.version == int(number)))


def shown(used: UsedData) -> dict[str, Any]:
    """Return the fields of a use as the API shows it."""
    return {
        "role": used.role, "source": used.source, "dataset": used.dataset, "dataset_version": used.dataset_version,
        "rows": used.rows, "columns": [msgspec.to_builtins(column) for column in used.profile or []],
    }  # fmt: skip
