"""The check of scores that are to be recorded beside answers: a method gives a number for each row and class, and takes a time."""

from collections.abc import Callable
from time import perf_counter
from typing import Any, NamedTuple

from ..errors import CheckFailed
from ..model import LoadedModel, SignatureFields
from ..outputs import BatchOutputs, declared_types
from ..scores.recorded import ModelWithScores, NoScores, packed
from ..scores.source import GivesScores, ScoresSource

_WHERE = "[monitoring] scores"
_METHODS = ("predict_proba", "predict_log_proba", "decision_function")
_SUM_OF_PROBABILITIES = 0.01


class TriedRows(NamedTuple):
    """Rows that the model was seen to answer."""

    inputs: Any
    """As the model takes them."""
    prediction: BatchOutputs
    seconds: float
    """How long one prediction of them takes."""


class CheckedScores(NamedTuple):
    """Scores that were tried."""

    declared: "dict[str, Any]"
    """The member `scores` of the signature; empty: none are recorded."""
    reason: str
    """The cost of recording them."""


def wanted_method(manifest: "dict[str, Any]", signature: SignatureFields) -> str:
    """The method whose scores are to be recorded; empty where none are, or where an output of the model has them."""
    name: str = manifest.get("monitoring", {}).get("scores", "")
    return "" if name in declared_types(signature.get("outputs")) else name


def check_scores(
    model: LoadedModel, manifest: "dict[str, Any]", signature: SignatureFields, tried: "TriedRows | None"
) -> CheckedScores:
    """Try the scores that the manifest asks for, if any, on rows that the model answered. Raises CheckFailed."""
    method = wanted_method(manifest, signature)
    if not method:
        return CheckedScores({}, "")
    source = _source(model, method, signature)
    if tried is None:
        raise _failed(f"{_WHERE}: there is no example to try {method} on.", "Deploy with an example.")
    if not tried.prediction.per_row or tried.prediction.generator is not None or tried.prediction.chunks is not None:
        raise _failed(f"{_WHERE}: scores belong to rows, and the model has not one answer a row.", "Leave scores out.")
    classes = manifest.get("monitoring", {}).get("classes") or _names(source.classes)
    if not classes:
        raise _failed(
            f"{_WHERE}: the model does not tell its classes, so that nobody knows what the numbers of {method} are of.",
            'Name them in the order of the numbers: [monitoring] classes = ["no", "yes"].',
        )
    seconds, scores = _timed(lambda: source.call(tried.inputs))
    try:
        rows = len(packed(scores, len(classes))) / 4 / len(classes)
    except NoScores as error:
        raise _failed(
            f"{_WHERE}: {method} returned {error} for {tried.prediction.size} rows; a number for each row and each of {len(classes)} "
            "classes is wanted.",
            "Name a method that returns an array (rows, classes), such as predict_proba.",
        ) from None
    if rows != tried.prediction.size:
        raise _failed(f"{_WHERE}: {method} returned {rows:g} rows for {tried.prediction.size}.", "Return a row a row.")
    declared: dict[str, Any] = {"method": method, "classes": classes}
    one_pass = source.decides and _same_answers(model, declared, tried)
    if one_pass:
        declared["one_pass"] = True
    return CheckedScores({"scores": declared}, _cost(method, declared, seconds, tried, scores))


def _source(model: LoadedModel, method: str, signature: SignatureFields) -> ScoresSource:
    source = model.scores_source(method) if isinstance(model, GivesScores) else None
    if source is not None:
        return source
    outputs = ", ".join(declared_types(signature.get("outputs"))) or "not known"
    offered = [name for name in _METHODS if isinstance(model, GivesScores) and model.scores_source(name) is not None]
    raise _failed(
        f"{_WHERE} names {method!r}, which is no output of the model (its outputs: {outputs}) and no method of it.",
        f"Its methods that give scores: {', '.join(offered)}."
        if offered
        else "Have the model return the scores as an output of its own, and name that output.",
    )


def _names(classes: "list[Any] | None") -> "list[str]":
    return [] if classes is None else list(map(str, classes))


def _timed(call: Callable[[], Any]) -> "tuple[float, Any]":
    try:
        call()  # the first one may import and compile
        started = perf_counter()
        found = call()
    except Exception as error:
        raise _failed(
            f"{_WHERE}: the method raised {type(error).__name__}: {error}", "Try it on the example."
        ) from error
    return perf_counter() - started, found


def _same_answers(model: LoadedModel, declared: "dict[str, Any]", tried: TriedRows) -> bool:
    """Whether the class with the highest score is the model's answer to each row of the example, to the letter."""
    answer = ModelWithScores(model, {**declared, "one_pass": True}).predict(tried.inputs)
    read_off = BatchOutputs(answer, tried.prediction.size)
    return read_off.json(0, read_off.size) == tried.prediction.json(0, tried.prediction.size)


def _cost(method: str, declared: "dict[str, Any]", seconds: float, tried: TriedRows, scores: Any) -> str:
    rows, classes = tried.prediction.size, len(declared["classes"])
    of = f"{rows} row" if rows == 1 else f"{rows} rows"
    if declared.get("one_pass"):
        more = max(0.0, seconds - tried.seconds)
        cost = f"the answer is read off {method}, one call for both ({more * 1e3:.2f} ms more for {of})"
    else:
        cost = f"{method} is a second call, {seconds * 1e3:.2f} ms for {of} beside {tried.seconds * 1e3:.2f} ms"
    cost += f"; {4 + 4 * classes} bytes in the record of one row"
    if not _are_probabilities(scores):
        cost += "; the numbers of a row are no probabilities, so that quality can't be estimated from them"
    return cost


def _are_probabilities(scores: Any) -> bool:
    rows = scores.tolist() if hasattr(scores, "tolist") else scores
    if hasattr(rows, "to_numpy"):
        rows = rows.to_numpy().tolist()
    return all(min(row) >= 0 and abs(sum(row) - 1) <= _SUM_OF_PROBABILITIES for row in rows)


def _failed(reason: str, hint: str) -> CheckFailed:
    return CheckFailed("signature", reason, hint=hint)
