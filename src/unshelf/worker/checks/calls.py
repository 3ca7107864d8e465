"""Counts the calls of a model, and holds them to the number that its maker allows the check."""

from typing import Any

from ..model import LoadedModel, WorksByRow

_OWN_CODE = "its maker's own code"


class CountedModel:
    """A model whose calls are counted; how many more may be made is for those to ask who make them."""

    def __init__(self, model: LoadedModel, most: "int | None") -> None:
        self.made = 0
        self._model = model
        self._most = most

    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        """See LoadedModel and TakesParameters."""
        self.made += 1
        return self._model.predict(inputs, **parameters)

    def mixing_step(self) -> str:
        """See WorksByRow; of a model that can't tell, its maker's own code."""
        return self._model.mixing_step() if isinstance(self._model, WorksByRow) else _OWN_CODE

    def note(self, calls: int) -> None:
        """Count calls that were made elsewhere, in a forked copy."""
        self.made += calls

    def allows(self, calls: int) -> bool:
        """Whether its maker allows that number more."""
        return self._most is None or self.made + calls <= self._most

    @property
    def left(self) -> "int | None":
        """How many more its maker allows; None: as many as one likes."""
        return None if self._most is None else self._most - self.made

    @property
    def limit(self) -> str:
        """The limit as its maker wrote it."""
        return f"[check] calls = {self._most}"
