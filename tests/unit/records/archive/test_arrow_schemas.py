"""Arrow schemas of records."""

from unshelf.contracts.records import PredictionRecord
from unshelf.records.archive.arrow_schemas import FACTS, OFFSET, SEGMENT


def test_every_fact_of_a_record_has_its_column() -> None:
    assert set(FACTS) - {SEGMENT, OFFSET, "time"} == set(PredictionRecord.__struct_fields__) - {"time_ns"}
