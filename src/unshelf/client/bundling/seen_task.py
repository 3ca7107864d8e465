"""The task of a model in memory, and its classes, as its framework's object tells them: monitoring chooses its measures by them."""

from typing import Any, NamedTuple

from unshelf.contracts.bundle import ModelTask

_MOST_CLASSES = 1000
_LONGEST = 200
_TASKS: dict[str, ModelTask] = {"classifier": "classification", "regressor": "regression", "ranker": "ranking"}


class SeenTask(NamedTuple):
    """The task and classes of a model, as far as it tells."""

    task: ModelTask | None = None
    """None: it does not tell."""
    classes: tuple[str, ...] = ()
    """The classes, in the order of its scores."""

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of a manifest that say it."""
        return {"seen_task": self.task, "seen_classes": list(self.classes)}


NOT_SEEN = SeenTask()


def seen_task(model: Any) -> SeenTask:
    """Return the task of an estimator after scikit-learn's manner, and its classes; of anything else, that neither is known."""
    classes = _classes(model)
    if classes:
        return SeenTask("classification", classes)
    return SeenTask(_TASKS.get(_estimator_type(model)))


def _classes(model: Any) -> tuple[str, ...]:
    values = _attribute(model, "classes_")
    try:
        found = tuple(str(value) for value in (values.tolist() if hasattr(values, "tolist") else values or ()))
    except TypeError:  # something else goes by this name
        return ()
    # Several answers a row have a list of classes each, which no one list stands for.
    is_one_answer = not any(text.startswith("[") for text in found)
    is_kept = is_one_answer and 0 < len(found) <= _MOST_CLASSES and all(len(text) <= _LONGEST for text in found)
    return found if is_kept and len(set(found)) == len(found) else ()


def _estimator_type(model: Any) -> str:
    kind = _attribute(model, "_estimator_type")
    if isinstance(kind, str):
        return kind
    tags = _attribute(model, "__sklearn_tags__")
    try:
        return str(tags().estimator_type) if callable(tags) else ""
    except Exception:  # a foreign object's own code
        return ""


def _attribute(model: Any, name: str) -> Any:
    """Return an attribute of a foreign object, whose properties may raise anything."""
    try:
        return getattr(model, name, None)
    except Exception:
        return None
