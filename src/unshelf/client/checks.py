"""Methods for checks of versions with data of one's own."""

from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.data.data_types import kind_of
from unshelf.client.data.rows import as_rows
from unshelf.client.datasets.data_client import is_reference
from unshelf.client.errors import UnshelfError
from unshelf.client.manage.methods import Methods


class CheckMethods(Methods):
    """Checks: run with rows or data, and listed."""

    def check(
        self, ref: str, data: Any, *, label: str | None = None, output: str | None = None, most_rows: int = 1000
    ) -> dict[str, Any]:
        """Ask a version for rows of one's own, one at a time, and return what came of it: `answered`, `failed` by code, `failures`,
        `latency`, and with a `label` column `quality`. The server keeps it; nothing else changes.

        `data`: a reference to data (`data://holdout@2`), of which the first `most_rows` are read, or rows as for `predict`. `output`: of
        outputs that are objects, the member that the label is held against."""
        body: dict[str, Any] = {"label": label, "output": output, "most_rows": most_rows}
        body |= {"data": data} if is_reference(data) else {"rows": _rows(data)}
        answer = self._http.respond(
            "POST", _checks_of(ref), body=msgspec.json.encode(body), kind="application/json", patient=True
        )
        return dict(msgspec.json.decode(answer.content))

    def checks(self, ref: str) -> list[dict[str, Any]]:
        """Return the checks of a version that people ran with data of their own, the newest first."""
        return self._list(_checks_of(ref), "checks")


def _checks_of(ref: str) -> str:
    return f"/api/v1/models/{quote(ref, safe=':@')}/checks"


def _rows(data: Any) -> list[Any]:
    if isinstance(data, str):
        raise UnshelfError(
            f"{data[:80]!r} is no data.",
            code="invalid_input",
            hint="Give rows, a DataFrame, or a reference such as data://holdout.",
        )
    return list(data.to_pylist()) if kind_of(data) == "arrow_table" else as_rows(data)
