"""Methods for backups."""

from typing import Any

from unshelf.client.manage.methods import Methods


class BackupMethods(Methods):
    """Backups that the server makes where its settings say."""

    def backups(self) -> dict[str, Any]:
        """Return how the installation is backed up: `to`, `every_hours`, `last_success`, `next_at`, `is_too_old`, `backups`."""
        return dict(self._http.get("/api/v1/backups"))

    def start_backup(self) -> dict[str, Any]:
        """Have the server make a backup now; returns the same as `backups`."""
        return dict(self._http.send("POST", "/api/v1/backups", {}))
