"""Segments of records that were taken: aside, in place, held back, swept."""

from pathlib import Path

from unshelf.codecs.redaction import redaction_for
from unshelf.contracts.bundle import Recording
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.elsewhere.record import CheckedRecord
from unshelf.deploy.elsewhere.segments import Sender, TakenSegments
from unshelf.runtime.segment_reader import is_closed, read_segment

SIGNATURE = Signature(inputs=Columns(columns=[Column(name="x", type="int64"), Column(name="name", type="string")]))
RECORDS = [
    CheckedRecord("a", 5, 1, 2000, {"x": 1, "name": "ana"}, "yes", ""),
    CheckedRecord("b", 6, 1, 0, {"x": 2, "name": "bo"}, None, "late"),
    CheckedRecord("c", 7, 2, 0, {"x": 3, "name": "cy"}, "no", ""),
]


def test_a_segment_counts_once_it_is_published_and_is_held_until_it_is_released(tmp_path: Path) -> None:
    segments = TakenSegments(tmp_path)
    redactions = {1: redaction_for(Recording(redact=["name"]), SIGNATURE), 2: None}
    name = segments.write(Sender("churn", "churn", "key", redactions), RECORDS)
    assert not (tmp_path / name).exists()
    segments.publish(name)
    segments.publish(name)  # once more changes nothing
    found = [record for _, _, record in read_segment(tmp_path / name)]
    assert [(each.id, each.version, each.status, each.purpose) for each in found] == [
        ("a", 1, 200, "live"), ("b", 1, 500, "live"), ("c", 2, 200, "live")
    ]  # fmt: skip
    assert b"ana" not in found[0].input and b"cy" in found[2].input
    assert found[0].output == b'["yes"]' and b"model_error" in found[1].output
    assert not is_closed(tmp_path / name)
    segments.release(only_late=True)
    assert not is_closed(tmp_path / name)
    segments.release()
    assert is_closed(tmp_path / name)


def test_what_never_came_to_count_is_swept(tmp_path: Path) -> None:
    segments = TakenSegments(tmp_path, held_seconds=0.0)
    kept, lost = (segments.write(Sender("m", "m", "k", {}), RECORDS) for _ in range(2))
    segments.publish(kept)
    assert is_closed(tmp_path / kept)  # nothing holds it
    segments.sweep()
    assert len(list((tmp_path / "staging/elsewhere").iterdir())) == 1
    segments.discard(lost)
    segments.discard(lost)
    segments.sweep(older_than=0.0)
    assert list((tmp_path / "staging/elsewhere").iterdir()) == []
