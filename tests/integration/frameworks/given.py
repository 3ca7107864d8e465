"""What a script leaves to its test: rows as callers send them, and what the object answers in its own process."""

import json
import sys
from pathlib import Path
from typing import Any

import unshelf
from unshelf.client.data.rows import as_rows


def give(model: Any, name: str, *, example: Any, rows: Any, answer: Any, **deploy: Any) -> None:
    """Deploy the object, and leave what the test compares in the folder that is the script's only argument."""
    unshelf.deploy(model, name=name, example=example, progress=False, **deploy)
    left = {"rows": as_rows(rows), "expected": answer}
    Path(sys.argv[1], f"{name}.json").write_text(json.dumps(left))
