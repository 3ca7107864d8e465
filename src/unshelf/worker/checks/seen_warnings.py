"""Warnings that a model raises while it is loaded and while it predicts its example: its deployer sees them."""

import warnings
from typing import Any

_MOST = 20
_CHARACTERS = 400


class SeenWarnings:
    """Notes the warnings that Python shows, each once, and shows them all the same.

    What a library hides or handles stays so, as do the kinds that Python ignores by default."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._stage = ""
        self._show = warnings.showwarning

    def begin(self, stage: str) -> None:
        """Note what comes from now on as of this stage: `while loading the model`."""
        self._stage = stage
        warnings.showwarning = self._note

    def end(self) -> None:
        """Note no more."""
        warnings.showwarning = self._show

    def _note(self, message: "Warning | str", category: "type[Warning]", *place: Any, **more: Any) -> None:
        self._show(message, category, *place, **more)
        # Code of packages is compiled when it is first imported: what the compiler says of it is nothing of the model's.
        if issubclass(category, SyntaxWarning):
            return
        text = f"{self._stage}: {category.__name__}: {' '.join(str(message).split())}"[:_CHARACTERS]
        if text not in self.texts and len(self.texts) < _MOST:
            self.texts.append(text)
