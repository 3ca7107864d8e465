"""Typed columns out of the bodies of many records at once: fast for those of a known form, one by one for the others."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, chain
from typing import Any, NamedTuple

import pyarrow as pa

from unshelf.codecs.body import REFUSALS, Values
from unshelf.codecs.decoding import inputs_of, outputs_of
from unshelf.codecs.forms import Form, forms_of_answers, forms_of_requests
from unshelf.contracts.records import PredictionRecord, Sheet, record_from
from unshelf.contracts.signature import Columns, Tensors

_MAX_REFUSALS = 50
"""Bodies in a row that no form took, after which the forms are not tried on the rest of the records at hand."""
_WORTH = 1000
"""Bytes of bodies for each entry of the signature; for fewer, decoders of forms would cost more than they save."""
_ARROW = {
    "bool": pa.bool_(), "float16": pa.float32(), "float32": pa.float32(), "float64": pa.float64(),
    "string": pa.string(), "datetime": pa.string(), "duration": pa.string(), "bytes": pa.string(), "json": pa.string(),
}  # fmt: skip
"""All others are int64."""


class Reading(NamedTuple):
    """How one side of a prediction is read."""

    forms: Callable[[Columns | Tensors, str], list[Form]]
    """The forms of a protocol."""
    bodies: Callable[[Sheet], list[bytes]]
    """The bodies that may be of one of them; empty for others."""
    values: Callable[[PredictionRecord, Columns | Tensors], Values | None]
    """The values of a body of any form."""


def types_of(part: Columns | Tensors) -> dict[str, Any]:
    """Entry of the signature → the Arrow type of its values."""
    entries = part.columns if isinstance(part, Columns) else part.tensors
    return {entry.name: _ARROW.get(entry.type, pa.int64()) for entry in entries}


class TypedColumns:
    """The columns of what a signature takes, or of what it returns."""

    def __init__(self, part: Columns | Tensors, reading: Reading, *, worth: int = _WORTH) -> None:
        """`worth`: from how many bytes of bodies for each entry on they are read by forms."""
        self._part = part
        self._reading = reading
        self._types = types_of(part)
        self._worth = worth * len(self._types)
        self._seen: dict[str, int] = {}
        """By protocol; how many bytes of bodies there were."""
        self._forms: dict[str, list[Form]] = {}
        """By protocol; made when they are worth it."""

    def arrays(self, sheets: Sequence[Sheet]) -> list[Any]:
        """For each entry of the part an array of lists, one a record: its values, null where they are not known."""
        piles, others = self._divided(sheets)
        parts = [pile.arrays(self._types.values()) for pile in piles]
        if others or not piles:
            records = [(sheet.common, own) for sheet in sheets for own in sheet.own]
            parts.append(self._one_by_one([record_from(*records[place]) for place in others]))
        if len(parts) == 1:
            return parts[0]
        places = [place for pile in piles for place in pile.places] + others
        order = pa.array(sorted(range(len(places)), key=places.__getitem__), pa.int64())
        return [pa.concat_arrays(arrays).take(order) for arrays in zip(*parts, strict=True)]

    def _divided(self, sheets: Sequence[Sheet]) -> tuple[list["_Pile"], list[int]]:
        """The records that are of a known form, by form, and the places of the others."""
        by_protocol: dict[str, tuple[list[int], list[bytes]]] = {}
        first = 0
        for sheet in sheets:
            places, bodies = by_protocol.setdefault(sheet.common.protocol, ([], []))
            places += range(first, first + len(sheet.own))
            bodies += self._reading.bodies(sheet)
            first += len(sheet.own)
        every: list[_Pile] = []
        others: list[int] = []
        for protocol, (places, bodies) in by_protocol.items():
            piles = [_Pile(form) for form in self._forms_for(protocol, sum(map(len, bodies)))]
            others += _divide(places, bodies, piles)
            every += piles
        return [pile for pile in every if pile.places], sorted(others)

    def _forms_for(self, protocol: str, size: int) -> list[Form]:
        self._seen[protocol] = self._seen.get(protocol, 0) + size
        if self._seen[protocol] < self._worth:
            return []
        if protocol not in self._forms:
            self._forms[protocol] = self._reading.forms(self._part, protocol)
        return self._forms[protocol]

    def _one_by_one(self, records: list[PredictionRecord]) -> list[Any]:
        read, part = self._reading.values, self._part
        values = [read(record, part) or {} for record in records]
        return [pa.array([each.get(name) for each in values], pa.list_(kind)) for name, kind in self._types.items()]


class _Pile:
    """The rows of the records of one form."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._rows: list[Any] = []
        self._ends = [0]
        self.places: list[int] = []

    def take(self, places: list[int], bodies: list[bytes], first: int) -> int:
        """Add the rows of bodies up to the first that is not of the form, and tell which that is."""
        decode, rows, ends, reached = self._form.rows, self._rows, self._ends, first
        try:
            for reached in range(first, len(bodies)):
                rows += decode(bodies[reached])
                ends.append(len(rows))
            reached = len(bodies)
        except REFUSALS:
            pass
        self.places += places[first:reached]
        return reached

    def arrays(self, types: Iterable[Any]) -> list[Any]:
        """For each entry an array of lists, one a record."""
        return [self._array(place, kind) for place, kind in enumerate(types)]

    def _array(self, place: int, kind: Any) -> Any:
        cells = self._rows if self._form.cells is None else list(map(self._form.cells[place], self._rows))
        ends = self._ends
        for _ in range(self._form.depths[place]):
            inner = [0, *accumulate(map(len, cells))]
            ends = [inner[end] for end in ends]
            cells = list(chain.from_iterable(cells))
        return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(cells, kind))


def _divide(places: list[int], bodies: list[bytes], piles: list[_Pile]) -> list[int]:
    """Put the records at these places on the piles of their forms; the places of those that are of none."""
    others: list[int] = []
    at = refused = 0
    while at < len(bodies):
        reached = at
        if bodies[at] and refused <= _MAX_REFUSALS:
            refused += 1
            for pile in piles:
                reached = pile.take(places, bodies, at)
                if reached > at:
                    refused = 0
                    if pile is not piles[0]:  # what follows is likely to be written alike
                        piles.remove(pile)
                        piles.insert(0, pile)
                    break
        if reached == at:
            others.append(places[at])
            reached += 1
        at = reached
    return others


def _requests(sheet: Sheet) -> list[bytes]:
    if sheet.common.protocol == "mlflow" and "csv" in sheet.common.content_type.lower():  # which may look like JSON
        return [b""] * len(sheet.own)
    return [b"" if own.input_header else own.input for own in sheet.own]


def _answers(sheet: Sheet) -> list[bytes]:
    if sheet.common.status != 200:
        return [b""] * len(sheet.own)
    return [b"" if own.output_header else own.output for own in sheet.own]


REQUESTS = Reading(forms_of_requests, _requests, inputs_of)
ANSWERS = Reading(forms_of_answers, _answers, outputs_of)
