"""Parameters of a notebook take the place that people know."""

from typing import Any

import pytest

from unshelf.host.jobs.notebook import inject


def cell(source: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {"tags": list(tags)}, "source": source}


def sources(notebook: dict[str, Any]) -> list[str]:
    return [each["source"] for each in notebook["cells"]]


def test_they_come_after_the_tagged_cell_and_replace_those_of_an_earlier_run() -> None:
    notebook = {"cells": [cell("import x"), cell("rate = 1", "parameters"), cell("print(rate)")]}
    inject(notebook, {"rate": 0.1})
    inject(notebook, {"rate": 0.2, "name": "a'b", "deep": {"x": None}})
    injected = "# Parameters\nrate = 0.2\nname = \"a'b\"\ndeep = {'x': None}"
    assert sources(notebook) == ["import x", "rate = 1", injected, "print(rate)"]
    inject(notebook, {})
    assert sources(notebook) == ["import x", "rate = 1", "print(rate)"]


def test_without_a_tagged_cell_they_come_first() -> None:
    notebook = {"cells": [{"cell_type": "markdown", "metadata": {}, "source": "# Rates"}]}
    inject(notebook, {"rate": 1})
    assert sources(notebook) == ["# Parameters\nrate = 1", "# Rates"]


@pytest.mark.parametrize("name", ["a b", "class", "1st", "x\nimport os"])
def test_what_is_no_variable_is_refused(name: str) -> None:
    with pytest.raises(SystemExit, match="can be no variable"):
        inject({"cells": []}, {name: 1})
