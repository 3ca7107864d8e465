"""Roles of columns, monitors and metrics as a deploy declares them, held against the signature and the files where these are known."""

import ast
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from unshelf.client.bundling.files import BundleSource, content_of_bytes
from unshelf.client.bundling.text_files import place_in, read_text
from unshelf.client.errors import InvalidModel
from unshelf.client.options import parse_options
from unshelf.contracts.bundle import NO_MONITORING, Monitoring
from unshelf.contracts.monitoring.columns import facts_in, names_in
from unshelf.contracts.monitoring.metrics import MOST_CODE, DeclaredMetric, check_metrics
from unshelf.contracts.monitoring.monitors import DeclaredMonitor, declared_fault
from unshelf.contracts.signature import Signature

MetricGiven = DeclaredMetric | Callable[..., float] | Mapping[str, Any]
"""A function `metric(truth, prediction, rows)`, or a table with it as `metric`, and `name`, `better`, `description` and `tier`."""
_METRICS_FOLDER = ".unshelf/metrics"


def monitoring_from(words: dict[str, Any] | None, signature: Signature | None) -> Monitoring:
    """Return the roles. Raises InvalidModel for a role that there is not, and for columns that the version will not have."""
    if not words:
        return NO_MONITORING
    roles = parse_options("monitoring", words, Monitoring)
    if signature is None:
        return roles
    inputs = names_in(signature.inputs)
    for role, name in (
        ("key", roles.key),
        ("time", roles.time),
        ("query", roles.query),
        *(("slices", each) for each in roles.slices),
    ):
        _require(role, name, inputs, "input")
    if signature.outputs is not None:
        _require("prediction", roles.prediction, names_in(signature.outputs), "output")  # `scores` may name a method
    return roles


def monitoring_options(monitoring: Mapping[str, Any] | None, *, scores: str | None = None) -> dict[str, Any] | None:
    """Return the options of monitoring with `scores` among them. Raises InvalidModel where both say something else."""
    if scores is None:
        return None if monitoring is None else dict(monitoring)
    given = {} if monitoring is None else dict(monitoring)
    if given.get("scores", scores) != scores:
        raise InvalidModel(
            f"scores is {scores!r}, and {given['scores']!r} in monitoring.", hint="Leave one of them out."
        )
    return {**given, "scores": scores}


def monitors_from(words: Sequence[Mapping[str, Any]] | None, signature: Signature | None) -> list[DeclaredMonitor]:
    """Return the monitors that a version declares. Raises InvalidModel for what can't be watched."""
    monitors = [parse_options("monitors", dict(each), DeclaredMonitor) for each in words or ()]
    for each in monitors:
        fault = declared_fault(each, facts_in(signature))
        if fault is not None:
            raise InvalidModel(f"monitors: {each.name}: {fault.said}.", hint=fault.hint)
    return monitors


def read_metrics(path: Path, text: str, tables: Sequence[Mapping[str, Any]]) -> list[DeclaredMetric]:
    """Return the metrics of `[[metrics]]` in the recipe at `path`, whose text is given. Raises InvalidModel.

    Their files lie in its folder, are Python, and have the functions; nothing of them is run."""
    found: list[DeclaredMetric] = []
    for index, table in enumerate(tables):
        try:
            metric = parse_options("metrics", dict(table), DeclaredMetric)
            check_metrics([*found, metric], {metric.file, *(each.file for each in found)})
        except (InvalidModel, ValueError) as error:
            said, hint = (error.detail, error.hint) if isinstance(error, InvalidModel) else (f"{error}.", "")
            key = next((name for name in table if f"{name!r}" in said), "name")
            at = place_in(path, text, "metrics", key, index=index)
            raise InvalidModel(f"{at}: {said}", hint=hint or "Give each metric a name of its own.") from None
        _check_function(path, text, index, metric)
        found.append(metric)
    return found


def metrics_from(given: Sequence[MetricGiven]) -> tuple[list[DeclaredMetric], list[BundleSource]]:
    """Return the metrics that a version declares, and the files of those that are functions. Raises InvalidModel."""
    found: list[DeclaredMetric] = []
    files: list[BundleSource] = []
    for each in given:
        if isinstance(each, DeclaredMetric):
            found.append(each)
            continue
        words = {"metric": each} if callable(each) else dict(each)
        function = words.pop("metric", None)
        if not callable(function):
            raise InvalidModel(
                f"metrics: {function!r} is no function.",
                hint='Give functions, or tables: {"metric": lost, "better": "lower"}.',
            )
        called = getattr(function, "__name__", "")
        code, name = source_of(function), str(words.get("name", called))
        if not code or called not in _defined(_parsed(code)):
            raise InvalidModel(
                f"metrics: the source of {called or repr(function)} can't be found.",
                hint="Define it with def, at the top of a file or a cell; or write it to a file, and declare that: [[metrics]].",
            )
        file = f"{_METRICS_FOLDER}/{name}.py"
        metric = parse_options("metrics", {"name": called, **words, "file": file, "function": called}, DeclaredMetric)
        found.append(metric)
        files.append(content_of_bytes(file, code.encode()))
    return found, files


def source_of(function: Callable[..., Any]) -> str:
    """Return the source of a function as one could write it at the top of a file; empty: it can't be found."""
    try:
        return textwrap.dedent(inspect.getsource(function))
    except (OSError, TypeError):
        return ""


def _parsed(code: str) -> list[ast.stmt]:
    try:
        return ast.parse(code).body
    except SyntaxError:  # of a lambda: its line is a part of a statement
        return []


def _require(role: str, name: str, known: list[str], side: str) -> None:
    if name and name not in known:
        raise InvalidModel(
            f"monitoring: {role} names {name!r}, which is no {side}.", hint=f"Its {side}s are {', '.join(known)}."
        )


def _check_function(path: Path, text: str, index: int, metric: DeclaredMetric) -> None:
    where, file = place_in(path, text, "metrics", "file", index=index), path.parent / metric.file
    if not file.resolve().is_relative_to(path.parent.resolve()) or not file.is_file():
        raise InvalidModel(
            f"{where}: the metric {metric.name} names {metric.file!r}, which is no file in {path.parent}.",
            hint="Mend the name or add the file: a bundle holds everything it needs.",
        )
    if file.stat().st_size > MOST_CODE:
        raise InvalidModel(
            f"{where}: {metric.file} has more than {MOST_CODE // 1000} KB.",
            hint="A metric is a small function: give it a file of its own.",
        )
    try:
        body = ast.parse(read_text(file), str(file)).body
    except (SyntaxError, ValueError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        said = error.msg if isinstance(error, SyntaxError) else str(error)
        raise InvalidModel(
            f"{file}{line}: this is no Python: {said}.",
            hint=f"Mend the line; {where} declares the metric {metric.name}.",
        ) from None
    if metric.called not in _defined(body):
        known = [each.name for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
        others = f" It has {', '.join(known)}: name one by `function`." if known else ""
        at = place_in(path, text, "metrics", "function", index=index)
        raise InvalidModel(
            f"{at}: {file} has no function {metric.called!r}, which the metric {metric.name} needs.",
            hint=f"Write `def {metric.called}(truth, prediction, rows):` in it.{others}",
        )


def _defined(body: list[ast.stmt]) -> set[str]:
    """Return the names that the lines of a module define: functions, and what is assigned."""
    found: set[str] = set()
    for each in body:
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(each.name)
        elif isinstance(each, ast.Assign):
            found.update(target.id for target in each.targets if isinstance(target, ast.Name))
    return found
