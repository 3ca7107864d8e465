"""Results are brought to the next version of a dataset, or to a place in a connection under the scoring's key."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.data import DataProblem
from unshelf.deploy.scorings.delivery import ResultDelivery
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.develop.data.service import ConnectionTarget, DatasetTarget
from unshelf.develop.datasets.processes import DataProblemError

FILES = [
    {"path": name, "sha256": letter * 64, "size": 1}
    for name, letter in (("predictions.parquet", "a"), ("failed.parquet", "b"))
]


class Version(NamedTuple):
    name: str
    number: int


class Parts:
    """Stands in for data, datasets, blobs and uploads."""

    def __init__(self, target: Any) -> None:
        self.place = target
        self.steps: list[Any] = []
        self.content: list[bytes] = []
        self.problem: DataProblem | None = None

    def target(self, actor: Any, reference: Any, project: str) -> Any:
        return self.place

    def write(self, actor: Any, reference: Any, project: str, step: Any, *, watch: Any = None) -> int:
        if self.problem is not None:
            raise DataProblemError(self.problem)
        self.steps.append(step)
        self.content = [file.read_bytes() for file in (step.file, step.failed) if file is not None]
        return 0

    def note(self, actor: Any, digest: str) -> None:
        self.noted = digest

    def add(self, actor: Any, name: str, files: Any, **more: Any) -> tuple[Version, bool]:
        return Version(name, len(files)), True

    def chunks(self, digest: str) -> Any:
        yield digest[:1].encode()


def made(target: Any, folder: Path) -> tuple[Parts, ResultDelivery]:
    parts: Any = Parts(target)
    return parts, ResultDelivery(parts, parts, parts, parts, run=folder)


def row(out: str, **options: Any) -> ScoringRow:
    return ScoringRow(
        id="s1", name="credit:3", project="risk", model="credit", version=3, reference="credit", data="data://orders", source=None,
        out=out, options=options, state="writing", reason="", unused=[], written="", created_by="ana", actor_id="a",
        created_at=datetime(2026, 5, 1, tzinfo=UTC), results={"files": FILES},
    )  # fmt: skip


TABLE = ConnectionTarget(names=[], path="public.scores", kind="sql")
ACTOR: Any = None


def nothing() -> None:
    """Nothing is watched."""


def test_a_dataset_gets_the_predictions_as_its_next_version(tmp_path: Path) -> None:
    parts, delivery = made(DatasetTarget(name="scored"), tmp_path)
    delivery.check(ACTOR, row("data://scored"), nothing)
    assert delivery.deliver(ACTOR, row("data://scored"), nothing) == "data://scored@1"
    assert (parts.steps, parts.noted) == ([], "a" * 64)


def test_a_connection_gets_both_files_by_name_and_is_tried_before(tmp_path: Path) -> None:
    parts, delivery = made(TABLE, tmp_path)
    scoring = row("data://warehouse/public.scores", if_exists="append")
    delivery.check(ACTOR, scoring, nothing)
    assert delivery.deliver(ACTOR, scoring, nothing) == "data://warehouse/public.scores"
    delivery.discard(ACTOR, row("data://warehouse/public.scores"))  # one that was begun before this could be said
    assert [(step.act, step.key, step.if_exists) for step in parts.steps] == [
        ("check", "s1", "append"),
        ("write", "s1", "append"),
        ("discard", "s1", "fail"),
    ]
    assert parts.steps[1].failed.name == "failed.parquet"
    assert list(tmp_path.iterdir()) == []


def test_results_of_a_bucket_are_copied_for_the_writer(tmp_path: Path) -> None:
    parts, delivery = made(TABLE, tmp_path)
    delivery.deliver(ACTOR, row("data://warehouse/public.scores"), nothing)
    assert parts.content == [b"a", b"b"]


def test_a_server_that_is_away_is_tried_again_and_other_problems_are_final(tmp_path: Path) -> None:
    parts, delivery = made(TABLE, tmp_path)
    parts.problem = DataProblem(code="unavailable", detail="The database can't be reached.")
    with pytest.raises(Unavailable, match="can't be reached"):
        delivery.deliver(ACTOR, row("data://warehouse/public.scores"), nothing)
    parts.problem = DataProblem(code="conflict", detail="There is a table already.")
    with pytest.raises(DataProblemError, match="already"):
        delivery.deliver(ACTOR, row("data://warehouse/public.scores"), nothing)
