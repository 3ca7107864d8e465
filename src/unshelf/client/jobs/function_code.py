"""A function as the code of a job: its folder, the program that calls it, and the arguments that no JSON can hold."""

import ast
import contextlib
import json
import math
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from unshelf.client.bundling.files import BundleSource, content_of_bytes, content_of_file
from unshelf.client.errors import UnshelfError
from unshelf.client.jobs import call
from unshelf.client.jobs.call import ARGUMENTS, PROGRAM, NoValue, write_value
from unshelf.client.jobs.code import JobCode, read_code
from unshelf.client.jobs.inputs import input_of, variable_of


@dataclass(frozen=True, kw_only=True)
class FunctionCall:
    """A function to call in a job."""

    target: str
    """`FILE.py:NAME`."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    """Argument → the reference of another job's value."""
    data: Sequence[str] = ()
    """The data of the job, as `JobOptions.data`."""


def is_function(target: str) -> bool:
    """Whether a text names a function in a file, and no file."""
    file, colon, name = target.rpartition(":")
    return bool(colon) and name.isidentifier() and file.endswith(".py")


@contextlib.contextmanager
def read_function(wanted: FunctionCall, folder: Path | None) -> Iterator[tuple[JobCode, list[str], dict[str, Any]]]:
    """Yield the code of a job that calls a function, the arguments of its command, and the parameters. Files that are made for it are
    there until the end. Raises UnshelfError."""
    file, _, name = wanted.target.rpartition(":")
    if not is_function(wanted.target):
        raise UnshelfError(
            f"{wanted.target!r} names no function.",
            code="invalid_input",
            hint="Write FILE.py:FUNCTION, as in train.py:fit.",
        )
    code = read_code(Path(file), folder)
    known = _parameters_of(Path(file), name)
    plain = {each: value for each, value in wanted.arguments.items() if _is_plain(value)}
    with tempfile.TemporaryDirectory(prefix="unshelf-call-") as scratch:
        sent = list(_sent_arguments(wanted, plain, Path(scratch)))
        given = {
            "values": {each: {"variable": variable_of(each), "at": []} for each in wanted.values},
            "paths": _data_arguments(wanted.data, known),
            "sent": sorted({each.path.split("/")[1] for each in sent}),
        }
        contents = [*code.contents, program_source(), *sent]
        command = [f"{code.script}:{name}", *([json.dumps(given)] if any(given.values()) else [])]
        yield replace(code, contents=contents, script=PROGRAM), command, plain


def program_source() -> BundleSource:
    """Return the program that calls functions, as it is sent."""
    return content_of_bytes(PROGRAM, Path(call.__file__).read_bytes())


def _sent_arguments(wanted: FunctionCall, plain: Mapping[str, Any], scratch: Path) -> Iterator[BundleSource]:
    """Yield the files of the arguments that are no JSON."""
    for name, value in wanted.arguments.items():
        if name in plain:
            continue
        try:
            write_value(value, scratch / name)
        except NoValue as error:
            raise UnshelfError(f"The argument {name!r} can't be sent: {error}", code="invalid_input") from None
        for path in sorted((scratch / name).rglob("*")):
            if path.is_file():
                yield content_of_file(f"{ARGUMENTS}/{path.relative_to(scratch).as_posix()}", path)


def _data_arguments(data: Sequence[str], known: Sequence[str] | None) -> dict[str, str]:
    """Return the arguments that are given as the paths of data: those that have the name of some."""
    variables = {input_of(each)["variable"] for each in data}
    return {name: variable_of(name) for name in known or () if variable_of(name) in variables}


def _parameters_of(file: Path, name: str) -> list[str]:
    """Return the names of a function's parameters, read from its source: nothing is imported. Raises UnshelfError."""
    try:
        tree = ast.parse(file.read_bytes(), filename=str(file))
    except OSError as error:
        raise UnshelfError(f"{file} can't be read: {error.strerror}.", code="invalid_input") from None
    except (SyntaxError, ValueError) as error:
        raise UnshelfError(f"{file} is no Python: {error}.", code="invalid_input") from None
    found = next((each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name == name), None)
    if found is None:
        functions = [each.name for each in tree.body if isinstance(each, ast.FunctionDef)]
        raise UnshelfError(
            f"{file} has no function {name!r} at its top.", code="invalid_input",
            hint=f"It has: {', '.join(functions[:20]) or 'none'}.",
        )  # fmt: skip
    return [each.arg for each in [*found.args.posonlyargs, *found.args.args, *found.args.kwonlyargs]]


def _is_plain(value: Any) -> bool:
    """Whether a value is JSON as it is."""
    if value is None or isinstance(value, bool | int | str):
        return True
    if isinstance(value, float):
        return math.isfinite(value)
    if type(value) is list:
        return all(map(_is_plain, value))
    return type(value) is dict and all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
