"""What a model is given for rows, and how they are refused."""

import json
from typing import Any

import pytest

from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory


def given(signature: dict[str, Any], rows: Any) -> Any:
    inputs = plan_inputs(signature, ArrayMemory())
    return inputs.build([inputs.from_rows(rows)])


def refused(signature: dict[str, Any], rows: Any) -> list[dict[str, Any]]:
    with pytest.raises(RequestRefused) as caught:
        plan_inputs(signature, ArrayMemory()).from_rows(rows)
    assert (caught.value.status, caught.value.code) == (422, "invalid_input")
    json.dumps(caught.value.fields())
    return caught.value.errors or []
