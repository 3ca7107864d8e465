"""The client's methods for the event log."""

from collections.abc import Iterator
from typing import Any

import msgspec

from unshelf.client.manage.methods import Methods
from unshelf.contracts.protocols.audit import AuditHead


class AuditMethods(Methods):
    """Methods that read, export and verify the event log."""

    def audit(
        self, *, limit: int = 100, actor: str | None = None, action: str | None = None, subject: str | None = None, **wanted: Any
    ) -> list[dict[str, Any]]:  # fmt: skip
        """List events, newest first. `wanted`: `subject_kind`, `project`, `model`, and `since` and `until` in ISO 8601."""
        asked = {"actor": actor, "action": action, "subject": subject, **wanted}
        return list(self._http.get("/api/v1/audit", limit=limit, **asked)["events"])

    def export_audit(self, *, after: int = 0, **wanted: Any) -> Iterator[dict[str, Any]]:
        """Yield the events after a sequence in the order of the chain. `wanted`: as in `audit`."""
        with self._http.lines("/api/v1/audit/export", after=after, **wanted) as lines:
            yield from lines

    def audit_head(self) -> AuditHead:
        """Return the last event's sequence and hash, signed where the server has a key: to be kept elsewhere."""
        return msgspec.convert(self._http.get("/api/v1/audit/head"), AuditHead)

    def verify_audit(self, head: AuditHead | None = None, *, files: bool = True) -> dict[str, Any]:
        """Verify that nothing was edited, deleted, reordered or cut off, and that the files of prediction records are as they were
        closed into the log. `head`: as it was exported earlier."""
        asked: dict[str, Any] = {"files": str(files).lower()}
        if head is not None and head.sequence:
            asked |= {"sequence": head.sequence, "hash": head.hash}
        answer = self._http.respond("GET", "/api/v1/audit/chain", params=asked, patient=True)
        return msgspec.json.decode(answer.content, type=dict[str, Any])

    def accept_file(self, path: str, reason: str) -> None:
        """Take a file of prediction records as it is now, or its absence, for right from here on."""
        self._http.send("POST", "/api/v1/audit/accepted-files", {"path": path, "reason": reason})
