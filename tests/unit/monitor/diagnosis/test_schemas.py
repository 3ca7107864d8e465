"""Diagnoses on the wire have what the values have."""

from tests.support.diagnosing import DiagnosedRecords
from tests.support.windows import at
from tests.unit.monitor.diagnosis.test_drift import ADMIN, shifted
from unshelf.monitor.diagnosis.questions import AskedFor
from unshelf.monitor.diagnosis.schemas import ColumnDiagnosisView, DriftDiagnosisView, QualityDiagnosisView


def test_each_diagnosis_has_its_question_and_its_parts(records: DiagnosedRecords) -> None:
    shifted(records)
    found = records.diagnoses.resolve(ADMIN, AskedFor(model="iris", since=at(0), until=at(24)))
    drift = DriftDiagnosisView.of(found, records.diagnoses.drift(ADMIN, found.question)).model_dump()
    assert (drift["asked"]["version"], drift["asked"]["step_hours"], drift["asked"]["subject"]) == (1, 1, "drift")
    assert len(drift["columns"][0]["distances"]) == 24
    column = ColumnDiagnosisView.of(found, records.diagnoses.column(ADMIN, found.question, "in:x")).model_dump()
    assert column["slices"][0]["parts"][0]["value"] == "b"
    assert len(column["slices"][0]["parts"][0]["steps"]) == len(column["steps"]) == 24
    quality = QualityDiagnosisView.of(found, records.diagnoses.quality(ADMIN, found.question)).model_dump()
    assert quality["measure"] == ""
