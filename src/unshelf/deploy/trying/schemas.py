"""Trying versions out, on the wire."""

from typing import Annotated, Any

from pydantic import Field

from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.signature import Signature
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import struct_field

MOST_ROWS = 10_000


class TryRequest(RequestModel):
    """Rows to try a version with."""

    inputs: Annotated[list[Any], Field(min_length=1, max_length=MOST_ROWS, examples=[[{"age": 41, "city": "Utrecht"}]])]
    """Rows as in the body of a prediction."""
    params: dict[str, Any] | None = Field(default=None, examples=[{"top_k": 3}])
    """Values of the version's parameters, by name."""


class TryAnswer(AnswerModel):
    """The outputs of a version that was tried."""

    id: str
    """The prediction's id, under which it is recorded."""
    model: str
    """The model's name."""
    version: int
    """The version that answered."""
    base64: list[str] | None = None
    """The outputs that are bytes, written as base64. Absent where there are none."""
    outputs: Any
    """A list with an output a row; of a version that declares the output `table` the whole answer."""


class TryForm(AnswerModel):
    """Signature, example and baseline of a version, from which a form for its inputs is made."""

    model: str
    """The model's name."""
    version: int
    """The version that the reference names."""
    versions: list[int]
    """The numbers of the model's versions, lowest first."""
    aliases: dict[str, int]
    """The version that each alias points at."""
    signature: dict[str, Any] = struct_field(Signature)
    """The columns or tensors that it takes and returns, and its parameters."""
    inputs: list[Any]
    """The first row of its example; empty where there is none, or the actor may not read the model's data."""
    baseline: list[dict[str, Any]] = struct_field(ColumnProfile)
    """The profile of each column of its baseline; empty where there is none, or the actor may not read the model's data."""
