"""Inputs of jobs as people write them: `data://orders@3`, `NAME=data://…`, `NAME=job://ID/PATH`."""

import re

from unshelf.client.errors import UnshelfError

PREFIX = "UNSHELF_DATA_"
_NOT_IN_VARIABLES = re.compile(r"[^A-Z0-9]+")
_JOB = "job://"


def input_of(text: str) -> dict[str, str]:
    """Return an input as the API takes it. Raises UnshelfError where it needs a name and has none."""
    name, equals, reference = text.partition("=")
    if not equals:
        name, reference = "", text
    if name:
        return {"reference": reference, "variable": variable_of(name)}
    if reference.startswith(_JOB):
        raise UnshelfError(
            f"{reference!r} needs a name.",
            code="invalid_input",
            hint=f"Write NAME={reference}: NAME as the program knows it.",
        )
    return {
        "reference": reference,
        "variable": variable_of(reference.partition("://")[2].partition("@")[0].partition("/")[0]),
    }


def variable_of(name: str) -> str:
    """Return the environment variable that leads to an input of a name."""
    return f"{PREFIX}{_NOT_IN_VARIABLES.sub('_', name.upper()).strip('_').removeprefix(PREFIX)}"
