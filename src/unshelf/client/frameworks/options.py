"""Options for saving a model with its framework."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class SaveOptions:
    """How the model shall answer, and what helps to save it."""

    method: str = "predict"
    example: Any = None
    """Some rows, as the method takes them."""
    init: dict[str, Any] | None = None
    """Keyword arguments that make the model's class again."""
