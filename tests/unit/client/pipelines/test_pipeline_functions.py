"""A pipeline is sent as a definition with its code."""

import importlib
from pathlib import Path

import pytest

import unshelf

SOURCE = '''
import unshelf
from d_fitting import fit

@unshelf.step(inputs={"orders": "data://orders"}, secrets=["KEY"], cache=False)
def load(orders) -> dict: ...

@unshelf.pipeline(project="risk")
def retrain(depth: int, rate: float = 0.1):
    """Retrain it."""
    fit(load()["train"], rate=rate, depth=depth)

@unshelf.pipeline
def nothing(): ...
'''


@pytest.mark.runs_program  # git says what it ignores
def test_a_definition_has_parameters_steps_and_the_files_of_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "d_retraining.py").write_text(SOURCE)
    (tmp_path / "d_fitting.py").write_text(
        "import unshelf\n@unshelf.step(environment='science')\ndef fit(rows, rate, depth): ...\n"
    )
    (tmp_path / "requirements.txt").write_text("numpy>=2\n")
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("d_retraining")
    code = module.retrain.code()
    definition = code.definition
    assert (definition["name"], definition["project"], definition["description"]) == ("retrain", "risk", "Retrain it.")
    assert definition["parameters"] == [
        {"name": "depth", "type": "int", "required": True}, {"name": "rate", "type": "float", "required": False, "default": 0.1}
    ]  # fmt: skip
    load, fit = definition["steps"]
    assert (load["data"], load["secrets"], load["cache"], load["requirements"]) == (
        {"orders": "data://orders"},
        ["KEY"],
        False,
        ["numpy>=2"],
    )
    assert (fit["function"], fit["environment"]) == ("d_fitting.py:fit", "science")
    assert "requirements" not in fit
    assert fit["files"] == ["unshelf_call.py", "d_fitting.py", "requirements.txt"]
    assert load["files"] == ["unshelf_call.py", "d_fitting.py", "d_retraining.py", "requirements.txt"]
    with pytest.raises(unshelf.UnshelfError, match="calls no steps"):
        module.nothing.graph()


def test_an_option_that_there_is_not_is_said() -> None:
    with pytest.raises(unshelf.UnshelfError, match="no option 'hardware'"):
        unshelf.step(hardware="large")(len)
