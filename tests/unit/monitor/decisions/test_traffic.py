"""Traffic of versions: read once for a while, and unknown while the records can't be read."""

from typing import Any

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.protocols.records import SqlResult
from unshelf.monitor.decisions.traffic import RecordedTraffic, RequestCounts


class Records:
    """Records of one model with two versions."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.is_away = False

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None) -> SqlResult:
        self.asked.append(model)
        if self.is_away:
            raise UnshelfError("The records are away.")
        rows: list[list[Any]] = [[1, 100, 3, 24], [2, 7, 0, 7]]
        return SqlResult(columns=[], rows=rows, truncated=False, seconds=0.1)


def test_an_answer_is_kept_for_a_moment() -> None:
    records = Records()
    traffic = RecordedTraffic(records)
    assert traffic.of("churn") == {
        1: RequestCounts(requests=100, failed=3, last_day=24), 2: RequestCounts(requests=7, failed=0, last_day=7),
    }  # fmt: skip
    assert traffic.of("churn") == traffic.of("churn")
    traffic.of("iris")
    assert records.asked == ["churn", "iris"]


def test_records_that_are_away_are_no_error() -> None:
    records = Records()
    records.is_away = True
    assert RecordedTraffic(records).of("churn") is None
