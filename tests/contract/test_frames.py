"""The worker imports nothing of ours, so it keeps its own copy of the frames' numbers; this test keeps both equal."""

import struct

import pytest

from unshelf.contracts.protocols import frames as contract
from unshelf.contracts.signature import V2_DATATYPES
from unshelf.worker import frames as copy
from unshelf.worker.encoding import types


def numbers(module: object) -> dict[str, object]:
    return {
        name: value.format if isinstance(value, struct.Struct) else value
        for name, value in vars(module).items()
        if name.isupper()
    }


def test_the_worker_s_frames_are_the_contract_s() -> None:
    assert numbers(copy) == numbers(contract)


@pytest.mark.parametrize("frame", ["REQUEST", "RESPONSE"])
def test_frames_have_no_padding(frame: str) -> None:
    assert getattr(contract, frame).format.startswith("<")


def test_the_worker_s_v2_types_are_the_contract_s() -> None:
    assert types.V2_DATATYPES == V2_DATATYPES
