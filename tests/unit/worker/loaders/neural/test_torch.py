"""PyTorch modules answer in a worker what they answer in process, in evaluation mode."""

import importlib.util
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from unshelf.client.errors import InvalidModel
from unshelf.worker.errors import CannotLoad

torch = pytest.importorskip("torch", reason="torch is not installed; tests/integration runs it in its own environment")

# torch.jit is deprecated, and still what many have.
pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")

BRANCHING = """
import torch
from width import DEFAULT

class Branching(torch.nn.Module):
    def __init__(self, width: int = DEFAULT) -> None:
        super().__init__()
        self.first = torch.nn.Linear(4, width)

    def forward(self, rows):
        hidden = self.first(rows)
        return hidden * 0 if float(hidden.sum()) > 1e9 else hidden

    def encode(self, rows):
        return torch.tanh(self.first(rows))
"""


@pytest.fixture
def images():
    X, _ = load_digits(return_X_y=True)
    return torch.tensor(X / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)


@pytest.fixture
def flowers():
    return load_iris(return_X_y=True)[0].astype(np.float32)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.BatchNorm2d(8), torch.nn.ReLU(), torch.nn.Dropout(),
        torch.nn.Flatten(), torch.nn.Linear(512, 10),
    )  # fmt: skip


@pytest.fixture
def branching(tmp_path, monkeypatch):
    """A class in a file of its own, which imports another one and can't be exported."""
    (tmp_path / "branching.py").write_text(BRANCHING)
    (tmp_path / "width.py").write_text("DEFAULT = 3\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("branching")
    for name in ("branching", "width"):
        sys.modules.pop(name, None)


def in_process(module, *tensors):
    module.eval()
    with torch.inference_mode():
        return module(*tensors)


@pytest.mark.parametrize("rows", [1, 5])
def test_a_module_is_exported_with_any_number_of_rows(rows, network, images, serve, same_bits):
    loaded = serve(network, example=images[:rows].numpy())
    assert network.training, "saving leaves the module as it was"
    for count in (1, 2, 500):
        same_bits(loaded.predict(images[:count].numpy()), in_process(network, images[:count]))
    assert loaded.saved.loader.format == "export"
    assert not loaded.saved.contains_code
    assert loaded.describe()["tensors"] == [{"name": "input", "type": "float32", "shape": [-1, 1, 8, 8]}]


def test_several_inputs_and_outputs_by_name(flowers, serve, same_bits):
    class Looked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear, self.known = torch.nn.Linear(4, 3), torch.nn.Embedding(5, 3)

        def forward(self, rows, kind):
            return {"sum": self.linear(rows) + self.known(kind), "kind": kind * 2}

    module, kinds = Looked(), np.arange(150) % 5
    loaded = serve(module, example={"kind": kinds[:4], "rows": flowers[:4]})
    answers = loaded.predict({"rows": flowers, "kind": kinds})
    expected = in_process(module, torch.tensor(flowers), torch.tensor(kinds))
    same_bits(answers["sum"], expected["sum"])
    same_bits(answers["kind"], expected["kind"])


def test_a_script_module_keeps_its_format_and_counts_as_code(flowers, serve, same_bits):
    module = torch.jit.trace(
        torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh()).eval(), torch.tensor(flowers[:2])
    )
    loaded = serve(module, example=flowers[:2])
    same_bits(loaded.predict(flowers), in_process(module, torch.tensor(flowers)))
    assert loaded.saved.loader.format == "torchscript"
    assert loaded.saved.contains_code


@pytest.fixture
def program(network, images):
    rows = torch.export.Dim("rows")
    return torch.export.export(network.eval(), (images[:2],), dynamic_shapes=({0: rows},))


def test_an_exported_program_tells_its_own_inputs(program, network, images, serve, same_bits):
    loaded = serve(program)
    same_bits(loaded.predict(images.numpy()), in_process(network, images))
    assert loaded.describe()["tensors"] == [{"name": "input", "type": "float32", "shape": [-1, 1, 8, 8]}]


def test_the_file_of_an_exported_program(program, network, images, tmp_path, serve_file):
    torch.export.save(program, tmp_path / "digits.pt2")
    answers = serve_file(tmp_path / "digits.pt2").predict(images.numpy())
    assert answers.tobytes() == in_process(network, images).numpy().tobytes()


def test_an_exported_program_for_a_fixed_number_of_rows_is_refused(network, images, serve):
    with pytest.raises(CannotLoad, match="is fixed"):
        serve(torch.export.export(network.eval(), (images[:2],)))


def test_what_can_not_be_exported_goes_as_weights_with_its_code(branching, flowers, serve, same_bits):
    module = branching.Branching(width=8)
    loaded = serve(module, example=flowers[:4], init={"width": 8})
    same_bits(loaded.predict(flowers), in_process(module, torch.tensor(flowers)))
    assert loaded.saved.loader.entry == "branching.py:Branching"
    assert (loaded.folder / "width.py").is_file(), "what the file imports goes along"
    assert loaded.saved.contains_code
    assert "torch.export can't follow it" in loaded.saved.notes[0]
    encoded = serve(module, example=flowers[:4], init={"width": 8}, method="encode").predict(flowers)
    with torch.inference_mode():
        same_bits(encoded, module.encode(torch.tensor(flowers)))


def test_how_a_class_is_made_again_is_asked_for(branching, flowers, serve):
    with pytest.raises(InvalidModel, match="width=3\\) does not take the model's weights"):
        serve(branching.Branching(width=8), example=flowers[:4])
    assert serve(branching.Branching(), example=flowers[:4]).saved.loader.options["init"] == {"width": 3}


def test_a_class_in_no_file_that_can_not_be_exported_is_told_both_ways_out(flowers, serve):
    class Local(torch.nn.Module):
        def forward(self, rows):
            return rows if float(rows.sum()) > 0 else -rows

    with pytest.raises(InvalidModel, match="its class is in no file of yours") as told:
        serve(Local(), example=flowers[:4])
    assert "exportable" in told.value.hint
    assert ".py file of its own" in told.value.hint


def test_weights_alone_are_no_model(tmp_path, network, serve_file):
    torch.save(network.state_dict(), tmp_path / "weights.pt")
    with pytest.raises(InvalidModel, match="holds weights or a pickled module"):
        serve_file(tmp_path / "weights.pt")
