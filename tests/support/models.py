"""Small real models for tests: folders with an unshelf.toml, as a person would write them."""

import json
from pathlib import Path
from typing import Any

ADDER = """
def predict(rows):
    return [row["a"] + row["b"] for row in rows]
"""


def write_model(
    folder: Path,
    *,
    name: str,
    code: str = ADDER,
    example: list[Any] | None = None,
    requirements: tuple[str, ...] = (),
    extra: str = "",
) -> Path:
    """A model folder whose `predict.py` holds `code`; the environment has only `requirements`, so that it is built at once."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "predict.py").write_text(code)
    (folder / "example.json").write_text(
        json.dumps({"inputs": example or [{"a": 1.0, "b": 2.0}, {"a": 0.5, "b": 0.25}]})
    )
    (folder / "unshelf.toml").write_text(
        f"""[model]
name = "{name}"
predict = "predict.py:predict"

[environment]
requirements = {json.dumps(list(requirements))}

[example]
file = "example.json"
{extra}"""
    )
    return folder
