"""Files of a scoring appear whole, and a tree of one file is found again as the folder that it was."""

import json
from pathlib import Path

from unshelf.worker.scoring.plan import RowsAnswer, count, find_place, read_plan, write_whole


def test_a_bundle_of_one_file_is_its_folder(tmp_path: Path) -> None:
    (tmp_path / "model" / "deep").mkdir(parents=True)
    file = tmp_path / "model" / "deep" / "m.pkl"
    file.touch()
    fields = {
        "model": "m", "version": 1, "manifest": {"files": [{"path": "deep/m.pkl"}]}, "signature": {}, "rows": [2, 3],
        "processes": 1, "params": None, "most_failed": 0, "secrets": [],
    }  # fmt: skip
    (tmp_path / "plan.json").write_text(json.dumps(fields))
    plan = read_plan(tmp_path)
    assert plan.total == 5
    (tmp_path / "kept").mkdir()
    place = find_place(plan, {
        "UNSHELF_DATA_MODEL": str(file), "UNSHELF_DATA_CHUNKS": str(tmp_path), "UNSHELF_CHECKPOINT": str(tmp_path / "kept"),
        "UNSHELF_OUTPUTS": str(tmp_path),
    })  # fmt: skip
    assert place.bundle == tmp_path / "model"
    assert place.chunk(7) == tmp_path / "chunks" / "000007"
    assert place.answers(7).parent.is_dir()


def test_a_file_is_there_with_all_of_its_content_and_nothing_else_is(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"1")
    write_whole(tmp_path / "a", b"22")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"22")]


def test_an_answer_is_two_lines() -> None:
    answer = RowsAnswer([(0, 2), (5, 6)], 200, "", 3, 4, "[1,2,3]")
    head, body = answer.lines().splitlines()
    assert json.loads(head) == {"rows": [[0, 2], [5, 6]], "status": 200, "code": "", "us": 3, "at": 4}
    assert body == "[1,2,3]"
    assert count(answer.rows) == 3
