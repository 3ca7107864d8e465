"""The code of a job is its script's folder, with the packages that the folder asks for."""

from pathlib import Path

import pytest

from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.code import read_code


@pytest.mark.runs_program  # git says what it ignores
def test_a_folder_is_sent_with_the_packages_that_it_asks_for(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    for path in ("train.py", "lib/helper.py", ".env"):
        (tmp_path / path).write_text("x = 1\n")
    (tmp_path / "requirements.txt").write_text("numpy>=2\n")
    code = read_code(tmp_path / "train.py", None)
    assert code.script == "train.py"
    assert [content.path for content in code.contents] == ["lib/helper.py", "requirements.txt", "train.py"]
    assert code.environment["requirements"] == ["numpy>=2"]


@pytest.mark.runs_program
def test_a_script_below_its_folder_has_a_path_in_it(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "train.py").write_text("")
    code = read_code(tmp_path / "scripts" / "train.py", tmp_path)
    assert (code.script, dict(code.environment)) == ("scripts/train.py", {})


def test_a_script_alone_takes_nothing_with_it(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    (tmp_path / "other.py").write_text("")
    assert [content.path for content in read_code(tmp_path / "train.py", None, alone=True).contents] == ["train.py"]


def test_what_is_not_there_or_lies_elsewhere_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnshelfError, match="no file"):
        read_code(tmp_path / "gone.py", None)
    (tmp_path / "train.py").write_text("")
    (tmp_path / "other").mkdir()
    with pytest.raises(UnshelfError, match="does not lie in"):
        read_code(tmp_path / "train.py", tmp_path / "other")
