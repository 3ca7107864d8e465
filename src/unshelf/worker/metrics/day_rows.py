"""Labelled predictions of a day as control laid them out: arrays of one `.npz` file, without anything that would be unpickled."""

import importlib
import importlib.util
import json
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Tuple

_MOST_VALUES = 50
"""Values of a slice that are evaluated: those with the most rows."""


class DayRows:
    """Rows with a label."""

    def __init__(
        self, *, truth: Any, prediction: Any, columns: Dict[str, Any], scores: Any = None, groups: Any = None,
        sliced: "Optional[Dict[str, Tuple[Any, Any]]]" = None,
    ) -> None:  # fmt: skip
        """`sliced`: input → the place of each row's value (-1: none), and the values as texts."""
        self.truth = truth
        self.prediction = prediction
        self.scores = scores
        self._numpy: Any = importlib.import_module("numpy")
        self.groups = self._numpy.arange(len(truth)) if groups is None else groups
        self._are_queries = groups is not None
        self._sliced = sliced or {}
        self._frame: Any = None
        self._columns = columns
        if importlib.util.find_spec("pandas") is not None:
            self._frame = importlib.import_module("pandas").DataFrame(columns, index=range(len(truth)))

    def all(self) -> Any:
        """Return the places of all rows."""
        return self._numpy.arange(len(self.truth))

    def table(self, places: Any) -> Any:
        """Return the inputs of some rows: a DataFrame where the environment has pandas, else column → array."""
        if self._frame is not None:
            return self._frame.iloc[places].reset_index(drop=True)
        return {name: values[places] for name, values in self._columns.items()}

    def slices(self) -> Iterator[Tuple[str, Any]]:
        """Yield `COLUMN=VALUE` and the places of its rows, of each input the values with the most rows first."""
        numpy = self._numpy
        for name, (codes, texts) in self._sliced.items():
            counts = numpy.bincount(codes[codes >= 0], minlength=len(texts))
            for code in numpy.argsort(-counts, kind="stable")[:_MOST_VALUES]:
                if counts[code]:
                    yield f"{name}={texts[code]}", numpy.flatnonzero(codes == code)

    def sample(self, places: Any, random: Any) -> Tuple[Any, Any]:
        """Draw rows with replacement, of rankings whole queries, which are different groups however often they are drawn."""
        numpy = self._numpy
        if not self._are_queries:
            return places[random.randint(0, len(places), len(places))], None
        order = numpy.argsort(self.groups[places], kind="stable")
        _, starts, counts = numpy.unique(self.groups[places][order], return_index=True, return_counts=True)
        drawn = random.randint(0, len(starts), len(starts))
        within = [order[starts[each] : starts[each] + counts[each]] for each in drawn]
        return places[numpy.concatenate(within)], numpy.repeat(numpy.arange(len(drawn)), counts[drawn])


def read_day(path: Path) -> DayRows:
    """Read the file of a day."""
    numpy: Any = importlib.import_module("numpy")
    with numpy.load(str(path), allow_pickle=False) as file:
        facts = json.loads(file["facts"].tobytes())

        def values(name: str) -> Any:
            if name not in facts["texts"]:
                return file[name]
            known = numpy.array([*facts["texts"][name], None], dtype=object)
            return known[file[name]]  # -1 is the last one: no value

        columns = {name: values(array) for name, array in facts["columns"].items()}
        sliced = {name: (file[array], facts["texts"][array]) for name, array in facts["slices"].items()}
        return DayRows(
            truth=values("truth"), prediction=values("prediction"), columns=columns, sliced=sliced,
            scores=file["scores"] if "scores" in file.files else None,
            groups=file["groups"] if "groups" in file.files else None,
        )  # fmt: skip
