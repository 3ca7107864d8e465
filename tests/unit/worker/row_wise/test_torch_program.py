"""Exported PyTorch programs that keep rows apart, and those that mix them."""

from typing import Any

import pytest

from unshelf.worker.row_wise.torch_program import mixing_operation

torch = pytest.importorskip("torch", reason="torch is not installed; `make test-long` runs this")


def exported(forward: Any, *shapes: tuple[int, ...]) -> Any:
    class Module(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList(
                [
                    torch.nn.Linear(4, 4),
                    torch.nn.BatchNorm1d(4),
                    torch.nn.Embedding(9, 4),
                    torch.nn.LayerNorm(4),
                    torch.nn.Dropout(),
                ]
            )

        def forward(self, *inputs: Any) -> Any:
            return forward(self.parts, *inputs)

    rows = torch.export.Dim("rows")
    inputs = tuple(torch.ones(shape, dtype=torch.int64 if len(shape) == 1 else torch.float32) for shape in shapes)
    return torch.export.export(Module().eval(), inputs, dynamic_shapes=(tuple({0: rows} for _ in inputs),))


APART = [
    (lambda parts, x: torch.softmax(parts[4](torch.relu(parts[1](parts[0](x)))), 1), [(3, 4)]),
    (lambda parts, x: parts[3](x - x.mean(dim=1, keepdim=True)) * 2 + torch.ones(4), [(3, 4)]),
    (lambda parts, x, y: torch.cat([x, y], dim=1).sum(-1), [(3, 4), (3, 4)]),
    (lambda parts, x: x.reshape(x.shape[0], 2, 2).transpose(1, 2).flatten(1), [(3, 4)]),
    (lambda parts, places: parts[2](places), [(3,)]),
    (lambda parts, x: torch.matmul(x, x.transpose(1, 2)).argmax(2), [(3, 4, 4)]),
    (lambda parts, x: x.topk(2, dim=1)[0].max(dim=1)[0], [(3, 4)]),
]
MIXING = [
    ("mean", lambda parts, x: x - x.mean(0), [(3, 4)]),
    ("sum", lambda parts, x: x / x.sum(), [(3, 4)]),
    ("softmax", lambda parts, x: torch.softmax(x, 0), [(3, 4)]),
    ("softmax", lambda parts, x: torch.softmax(x, -2), [(3, 4)]),
    ("cumsum", lambda parts, x: torch.cumsum(x, 0), [(3, 4)]),
    ("sort", lambda parts, x: torch.sort(x, dim=0)[0], [(3, 4)]),
    ("flip", lambda parts, x: x.flip(0), [(3, 4)]),
    ("roll", lambda parts, x: torch.roll(x, 1, 0), [(3, 4)]),
    ("mul", lambda parts, x: x * x.shape[0], [(3, 4)]),
    ("arange", lambda parts, x: x + torch.arange(x.shape[0])[:, None], [(3, 4)]),
    ("batch_norm", lambda parts, x: torch.nn.functional.batch_norm(x, None, None, training=True), [(3, 4)]),
    ("", lambda parts, x: x @ x.T @ x, [(3, 4)]),
]


@pytest.mark.parametrize(("forward", "shapes"), APART)
def test_programs_that_keep_rows_apart_are_known(forward: Any, shapes: list[tuple[int, ...]]) -> None:
    assert mixing_operation(exported(forward, *shapes)) == ""


@pytest.mark.parametrize(("operation", "forward", "shapes"), MIXING)
def test_the_operation_that_may_mix_rows_is_named(operation: str, forward: Any, shapes: list[tuple[int, ...]]) -> None:
    said = mixing_operation(exported(forward, *shapes))
    assert said.startswith("the program's operation ")
    assert operation in said
