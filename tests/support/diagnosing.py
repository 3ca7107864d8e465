"""Diagnoses of recorded and labelled predictions, whose SQL is answered in this process."""

import os
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.labelled import LabelledRecords
from unshelf.contracts.protocols.records import SqlQuery, SqlRejection, SqlResult
from unshelf.foundation.access.actors import Actor
from unshelf.monitor.alerts.alert import Alert
from unshelf.monitor.diagnosis.drift import DriftDiagnoses
from unshelf.monitor.diagnosis.losses import QualityDiagnoses
from unshelf.monitor.diagnosis.questions import DiagnosisQuestions
from unshelf.monitor.diagnosis.service import DiagnosisService
from unshelf.records.sql import QueryFailed
from unshelf.records.sql_process import Rejected, answer


class SqlHere:
    """Queries whose process is this one: the rows are the same, without the start of an interpreter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.asked: list[str] = []
        self.is_away = False

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int = 10_000) -> SqlResult:
        """Return the rows of a query; it changes the working folder, which is changed back."""
        if self.is_away:
            raise QueryFailed(SqlRejection(code="unavailable", detail="Records are away."))
        self.asked.append(sql)
        scratch = self._folder.parent / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        given: dict[str, Any] = {
            "sql": sql, "folder": str(self._folder), "models": models, "model": model, "run_folder": str(self._folder.parent),
            "scratch": str(scratch), "seconds": 20.0, "memory_bytes": 1 << 28, "threads": 1, "rows": rows, "answer_bytes": 1 << 24,
        }  # fmt: skip
        before = Path.cwd()
        try:
            return answer(SqlQuery(**given))
        except Rejected as rejected:
            raise QueryFailed(rejected.rejection) from None
        finally:
            os.chdir(before)


class DiagnosedRecords(LabelledRecords):
    """Records of `iris` with labels, and diagnoses of them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.queries = SqlHere(self.folder)
        self.alerts: dict[str, Alert] = {}
        self.live: int | None = 1
        questions = DiagnosisQuestions(alert_of=self._alert, version_of=self._version)
        self.diagnoses = DiagnosisService(
            self.database, self.windows, self.queries, questions=questions,
            drift=DriftDiagnoses(self.windows, self.queries, roles_of=lambda *_: self.roles),
            quality=QualityDiagnoses(self.quality), roles_of=lambda *_: self.roles,
        )  # fmt: skip

    def _alert(self, _: Actor, id: str) -> Alert:
        return self.alerts[id]

    def _version(self, _model: str, _since: datetime, _until: datetime) -> int | None:
        return self.live
