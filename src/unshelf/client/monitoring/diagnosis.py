"""Methods for diagnoses: why a model's data drifted, or its quality fell."""

from collections.abc import Sequence
from typing import Any

from unshelf.client.manage.methods import Methods, model_path


class DiagnosisMethods(Methods):
    """Columns, slices and times by their part in a problem, and the rows behind each.

    `since`, `until`: `7d`, `2h` ago, or a moment as ISO 8601. `against`: reference (of the version), previous (the time before), or
    version:N. `alert`: the id of an alert of the model, whose version, time and reference are meant where nothing else is given."""

    def diagnose(
        self, ref: str, *, since: str = "", until: str = "", against: str | None = None, alert: str = ""
    ) -> dict[str, Any]:
        """Return the columns by their part in a drift, what was changed, and `words`."""
        return self._diagnosis(ref, "", since=since, until=until, against=against, alert=alert)

    def diagnose_column(
        self, ref: str, column: str, *, slices: Sequence[str] = (), since: str = "", until: str = "", against: str | None = None,
        alert: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Return the bins of a column (`in:NAME`, `out:NAME`) before and now, and the part of each slice and step in its drift.

        `slices`: inputs by which rows are separated; none: those with the role, or with few values."""
        asked = {"since": since, "until": until, "against": against, "alert": alert}
        return self._diagnosis(ref, "/column", column=column, slice=list(slices) or None, **asked)

    def diagnose_quality(self, ref: str, *, since: str = "", until: str = "", alert: str = "") -> dict[str, Any]:
        """Return the slices, times and mistakes by their part in a change of quality since the time before."""
        return self._diagnosis(ref, "/quality", since=since, until=until, alert=alert)

    def diagnosed_rows(
        self, ref: str, *, column: str = "", bin: str = "", slice: str = "", step: str | None = None, wrong: bool = False,
        limit: int = 100, since: str = "", until: str = "", against: str | None = None, alert: str = "",
    ) -> dict[str, Any]:  # fmt: skip
        """Return the newest rows of a bin of a column, of a slice (`COLUMN=VALUE`), of a step, or where they meet.

        `wrong`: labelled rows with a wrong answer, the worst first."""
        return self._diagnosis(
            ref, "/rows", column=column, bin=bin, slice=slice, step=step, wrong=str(wrong).lower(), limit=limit, since=since,
            until=until, against=against, alert=alert,
        )  # fmt: skip

    def _diagnosis(self, ref: str, what: str, **asked: Any) -> dict[str, Any]:
        return dict(self._http.get(f"{model_path(ref)}/diagnosis{what}", **asked))
