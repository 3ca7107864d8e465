"""Trying a version out: the form, and who gets data in it; few tries at once; the purpose `try`."""

import threading
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from tests.support.actors import actor
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import TooManyRequests
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.protocols.door import DoorOutcome, DoorRequest
from unshelf.contracts.signature import Column, Columns, Signature
from unshelf.deploy.trying.service import TryService
from unshelf.deploy.trying.turns import TryTurns
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import INSTALLATION, model_scope

SIGNATURE = Signature(inputs=Columns(columns=[Column(name="a", type="int64")], container="dicts"))
PROFILE = ColumnProfile(name="a", type="integer", count=2, gaps=0, minimum=1, maximum=9)
EXAMPLE = BundleFile(path="example.json", sha256="a" * 64, size=40)
CALLER = Actor(
    id="c", kind="user", label="c", grants=(Grant(permissions=frozenset({Permission.MODEL_PREDICT}), scope=INSTALLATION),)
)  # fmt: skip


ROWS = b'{"inputs":[{"a":1},{"a":2}]}'


def service(predict: Any = None, blob: bytes = ROWS, example: str | None = "example.json") -> TryService:
    version = SimpleNamespace(
        manifest=SimpleNamespace(files=[EXAMPLE], example=example), checks=SimpleNamespace(signature=SIGNATURE)
    )
    versions = [SimpleNamespace(version=2), SimpleNamespace(version=1)]
    model: Any = SimpleNamespace(version_named=("iris", 1), version=version, versions=versions, aliases={"best": 1})
    return TryService(
        inspect=lambda _ref: model, scope_of=model_scope, baseline_of=lambda _model, _number: [PROFILE],
        read_blob=lambda _digest: blob, predict=predict, turns=TryTurns(),
    )  # fmt: skip


def test_a_form_has_the_first_row_of_the_example_and_the_baseline() -> None:
    form = service().form(actor(), "iris")
    assert (form.model, form.version, form.versions, form.aliases) == ("iris", 1, [1, 2], {"best": 1})
    assert (form.inputs, form.baseline, form.signature) == ([{"a": 1}], [PROFILE], SIGNATURE)


def test_who_may_not_read_data_gets_none() -> None:
    form = service().form(CALLER, "iris")
    assert (form.inputs, form.baseline, form.signature) == ([], [], SIGNATURE)


@pytest.mark.parametrize(
    ("blob", "example"), [(b'{"inputs":[NaN]}', "example.json"), (b"[1]", "example.json"), (b"", None)]
)
def test_an_example_that_is_none_is_left_out(blob: bytes, example: str | None) -> None:
    assert service(blob=blob, example=example).form(actor(), "iris").inputs == []


def test_a_try_has_its_purpose_and_few_of_one_actor_run_at_once() -> None:
    asked: list[DoorRequest] = []
    held, go = threading.Semaphore(0), threading.Event()

    def predict(request: DoorRequest) -> DoorOutcome:
        asked.append(request)
        held.release()
        assert go.wait(60)
        return DoorOutcome(id="p", status=200)

    tries = service(predict)
    waiting = [threading.Thread(target=tries.ask, args=(CALLER, "iris:1", [{"a": 1}], None)) for _ in range(4)]
    for thread in waiting:
        thread.start()
    for _ in waiting:
        assert held.acquire(timeout=60)
    with pytest.raises(TooManyRequests):
        tries.ask(CALLER, "iris:1", [{"a": 1}], None)
    go.set()
    for thread in waiting:
        thread.join(60)
    assert tries.ask(CALLER, "iris@best", [[1]], {"k": 2}).status == 200
    assert {request.purpose for request in asked} == {"try"}
    assert (asked[-1].reference, msgspec.json.decode(asked[-1].body)) == (
        "iris@best",
        {"inputs": [[1]], "params": {"k": 2}},
    )
