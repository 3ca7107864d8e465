"""Records of a scoring are those of a gateway: segments that are read as any, redacted as the model wants it, published once."""

import json
from pathlib import Path

from unshelf.contracts.bundle import Recording
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.scorings.messages import ScoredRows
from unshelf.deploy.scorings.rows.answers import ChunkAnswer
from unshelf.deploy.scorings.rows.records_written import ChunkLines, RecordWriter, publish_segments
from unshelf.runtime.segment_reader import read_segment

SIGNATURE = Signature(inputs=Columns(columns=[Column(name="a", type="int64"), Column(name="b", type="string")]))
ROWS = b'[[1,"x"],[2,"y"]]'


def written(folder: Path, redact: list[str]) -> list[PredictionRecord]:
    scored = ScoredRows(
        model="m", version=3, reference="m@best", actor="ana", params={"k": 1}, recording=Recording(redact=redact)
    )
    writer = RecordWriter(folder, scored, SIGNATURE)
    answer = ChunkAnswer([(0, 2)], 200, "", 1500, 1_700_000_000_000_000_000, b"[7,8]", [7, 8], {})
    bad = ChunkAnswer([(2, 3)], 500, "model_error", 10, 0, b'{"code":"model_error"}', [], {"code": "model_error"})
    writer.write(answer, ROWS)
    writer.write(bad, b'[[3,"z"]]')
    writer.close()
    (name,) = writer.names
    return [record for _, _, record in read_segment(folder / name)]


def test_a_record_has_the_rows_the_outputs_and_the_purpose(tmp_path: Path) -> None:
    good, bad = written(tmp_path / "staged", [])
    assert (good.model, good.version, good.reference, good.purpose, good.key) == ("m", 3, "m@best", "batch", "ana")
    assert (good.status, good.batch_rows, good.predict_us, good.output) == (200, 2, 1500, b"[7,8]")
    assert json.loads(good.input) == {"inputs": [[1, "x"], [2, "y"]], "params": {"k": 1}}
    assert (bad.status, bad.code, bad.batch_rows) == (500, "model_error", 1)
    assert len({good.id, bad.id}) == 2


def test_what_is_redacted_is_never_written(tmp_path: Path) -> None:
    good, _ = written(tmp_path / "staged", ["b"])
    assert json.loads(good.input)["inputs"] == [[1, "[redacted]"], [2, "[redacted]"]]
    assert b'"x"' not in b"".join(path.read_bytes() for path in (tmp_path / "staged").iterdir())


def test_rows_of_a_chunk_are_a_line_of_it_or_some_of_one_or_of_several() -> None:
    lines = ChunkLines(b'2 [[1,"x"],[2,"y"]]\n1 [[3,"z"]]\n')
    assert lines.rows([(0, 2)]) == ROWS
    assert lines.rows([(1, 2)]) == b'[[2,"y"]]'
    assert lines.rows([(2, 3)]) == b'[[3,"z"]]'
    assert lines.rows([(2, 3), (0, 1)]) == b'[[3,"z"],[1,"x"]]'
    assert lines.rows([(1, 3)]) == b'[[2,"y"],[3,"z"]]'


def test_segments_are_published_once_however_often_it_is_tried(tmp_path: Path) -> None:
    staging, folder = tmp_path / "staging", tmp_path / "predictions"
    folder.mkdir()
    staging.mkdir()
    (staging / "a.seg").write_bytes(b"a")
    (staging / "b.seg").write_bytes(b"b")
    publish_segments(staging, folder, ["a.seg"])  # and there it was cut off
    publish_segments(staging, folder, ["a.seg", "b.seg"])
    assert sorted(path.name for path in folder.iterdir()) == ["a.seg", "b.seg"]
    assert not list(staging.iterdir())
