"""The same script works inside of a job and at a desk."""

import json
from pathlib import Path

import pytest

from unshelf import job_parameters, job_result


def test_inside_of_a_job_parameters_come_from_it_and_results_stay_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parameters.json").write_text('{"rate": 0.2}')
    monkeypatch.setenv("UNSHELF_PARAMETERS", str(tmp_path / "parameters.json"))
    monkeypatch.setenv("UNSHELF_RESULTS", str(tmp_path / "results.json"))
    assert job_parameters(rate=0.1, depth=3) == {"rate": 0.2, "depth": 3}
    job_result({"auc": 0.8, "rows": 7})
    job_result({"auc": 0.9})
    assert json.loads((tmp_path / "results.json").read_text()) == {"auc": 0.9, "rows": 7}


def test_at_a_desk_the_defaults_hold_and_results_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("UNSHELF_PARAMETERS", "UNSHELF_RESULTS"):
        monkeypatch.delenv(name, raising=False)
    assert job_parameters(rate=0.1) == {"rate": 0.1}
    job_result({"auc": 0.9})
    assert json.loads(capsys.readouterr().out) == {"auc": 0.9}
