"""Lines of programs' output as workers write them, each with the time and the replica; lines of native code have neither."""

import re
from datetime import datetime
from typing import NamedTuple

_STAMP = re.compile(r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) \[(?P<replica>[\w.-]+)\] ")
_STAMPS = re.compile(rf"^{_STAMP.pattern}", re.MULTILINE)


class OutputLine(NamedTuple):
    """A line that a program wrote."""

    time: datetime | None
    """None: nobody noted it."""
    replica: str
    """The process id of the worker, `check`, or empty where nobody noted it."""
    text: str


def read_line(line: str, before: OutputLine | None) -> OutputLine:
    """Return a line without its stamp. One that has none was written after the line before it, and soon."""
    match = _STAMP.match(line)
    try:
        moment = None if match is None else datetime.fromisoformat(match["time"])
    except ValueError:  # it only looks like a time
        match = moment = None
    if match is None:
        return OutputLine(None if before is None else before.time, "" if before is None else before.replica, line)
    return OutputLine(moment, match["replica"], line[match.end() :])


def without_stamps(text: str) -> str:
    """Return an output as the program wrote it."""
    return _STAMPS.sub("", text)
