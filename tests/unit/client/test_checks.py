"""Checks of versions: rows or a reference go out, the report comes back."""

import pandas as pd
import pytest

import unshelf
from tests.support.control import Control
from tests.support.routes import TOKEN


def test_rows_and_references_are_sent(control: Control) -> None:
    control.reply("POST", "/api/v1/models/iris:2/checks", {"answered": 1}, 201)
    control.reply("GET", "/api/v1/models/iris:2/checks", {"checks": [{"id": "c"}], "next_cursor": None})
    with unshelf.Client(control.url, TOKEN) as client:
        assert client.check("iris:2", pd.DataFrame({"a": [1], "y": [2]}), label="y") == {"answered": 1}
        assert control.asked[-1].json == {"label": "y", "output": None, "most_rows": 1000, "rows": [{"a": 1, "y": 2}]}
        client.check("iris:2", "data://holdout@1", most_rows=5)
        assert control.asked[-1].json == {"label": None, "output": None, "most_rows": 5, "data": "data://holdout@1"}
        assert client.checks("iris:2") == [{"id": "c"}]
        with pytest.raises(unshelf.UnshelfError, match="no data"):
            client.check("iris:2", "holdout.csv")
