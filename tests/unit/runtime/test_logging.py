"""Log lines are JSON: a fixed sentence plus fields, whatever the fields hold."""

import json
import logging
from pathlib import Path
from typing import Any

from unshelf.runtime.logging import JsonLines


def line_of(message: str, *arguments: Any, exc_info: Any = None, **fields: Any) -> dict[str, Any]:
    logger = logging.Logger("test")
    record = logger.makeRecord("test", logging.WARNING, "file", 1, message, arguments, exc_info, extra=fields)
    found: dict[str, Any] = json.loads(JsonLines("gateway").format(record))
    return found


def test_a_line_has_time_level_process_event_and_fields() -> None:
    line = line_of("a worker is gone", model="iris", seconds=1.5)
    assert line.pop("time")[-1] == "Z"
    assert line == {
        "level": "warning",
        "process": "gateway",
        "event": "a worker is gone",
        "model": "iris",
        "seconds": 1.5,
    }


def test_fields_that_are_no_json_are_texts() -> None:
    assert line_of("x", path=Path("/a"))["path"] == "/a"


def test_a_line_stays_one_line_with_a_traceback() -> None:
    try:
        raise ValueError("first\nsecond")
    except ValueError as error:
        line = line_of("failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: first\nsecond" in line["traceback"]
