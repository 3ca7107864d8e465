"""Methods for sweeps."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods

_SWEEPS = "/api/v1/sweeps"


class SweepMethods(Methods):
    """The same job with many parameters."""

    def sweeps(self, *, project: str | None = None, job: str | None = None) -> list[dict[str, Any]]:
        """Return the sweeps that one may see, of a project or a job, the newest first."""
        return self._list(_SWEEPS, "sweeps", project=project, job=job)

    def begin_sweep(self, job: str, space: Mapping[str, Any], objective: str, **options: Any) -> dict[str, Any]:
        """Run a job again with many parameters. `space`: of each parameter a list of values, or `{low, high}` with `step` or `log`.

        `options`: `name`, `strategy` (grid, random or search), `trials`, `parallel`, `folds`, `maximize`, `seed`."""
        body = {"job": job, "space": dict(space), "objective": objective, **options}
        return dict(self._http.send("POST", _SWEEPS, body))

    def sweep(self, id: str) -> dict[str, Any]:
        """Return a sweep with its best trial so far."""
        return dict(self._http.get(_sweep(id)))

    def trials(self, sweep: str) -> list[dict[str, Any]]:
        """Return the trials of a sweep, in the order in which they began."""
        return self._list(f"{_sweep(sweep)}/trials", "trials", limit=1000)

    def cancel_sweep(self, id: str) -> dict[str, Any]:
        """Cancel a sweep and those of its jobs that are not over."""
        return dict(self._http.send("POST", f"{_sweep(id)}/cancel", {}))


def _sweep(id: str) -> str:
    return f"{_SWEEPS}/{quote(id, safe='')}"
