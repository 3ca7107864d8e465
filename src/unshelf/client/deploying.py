"""Sends a bundle to the server and follows its deploy to the end, also across a restart of the control plane."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from unshelf.client.answers import Event
from unshelf.client.collecting import Content
from unshelf.client.errors import Conflict, DeployFailed, NotFound, Unavailable, Unreachable
from unshelf.client.http import Http
from unshelf.contracts.bundle import Manifest

Report = Callable[[Event], None]
"""Is told each event of a deploy as it happens."""

_ASKED_AT_ONCE = 10_000
_RECONNECTIONS = 20
_PAUSE_SECONDS = 0.5


def upload(http: Http, contents: list[Content], report: Report) -> None:
    """Put every file that the server does not hold yet. Raises UnshelfError."""
    began = time.monotonic()
    report(Event(step="upload", state="started"))
    by_digest = {content.sha256: content for content in contents}
    digests = list(by_digest)
    missing: list[str] = []
    for place in range(0, len(digests), _ASKED_AT_ONCE):
        asked = digests[place : place + _ASKED_AT_ONCE]
        missing += http.send("POST", "/api/v1/blobs/missing", {"digests": asked})["missing"]
    sent = 0
    for digest in missing:
        content = by_digest[digest]
        http.respond(
            "PUT",
            f"/api/v1/blobs/{digest}",
            body=content.chunks,
            kind="application/octet-stream",
            size=content.size,
            patient=True,
        )
        sent += content.size
    known = len(digests) - len(missing)
    detail = f"{len(missing)} files, {human_size(sent)}" + (f"; {known} known already" if known else "")
    report(Event(step="upload", state="done", detail=detail, seconds=time.monotonic() - began))


def start(
    http: Http,
    name: str,
    manifest: Manifest,
    contents: list[Content],
    report: Report,
    *,
    release: bool | None,
    alias: str | None,
    limits: dict[str, float] | None = None,
) -> str:
    """Upload and begin the deploy; its id. Raises UnshelfError."""
    upload(http, contents, report)
    body = {"name": name, "manifest": msgspec.to_builtins(manifest), "release": release, "alias": alias}
    if limits is not None:
        body["limits"] = limits
    try:
        return str(http.send("POST", "/api/v1/deploys", body)["id"])
    except Conflict:
        # A file that was known a moment ago may have gone with the last version that needed it.
        upload(http, contents, report)
        return str(http.send("POST", "/api/v1/deploys", body)["id"])


def follow(http: Http, deploy_id: str, report: Report) -> dict[str, Any]:
    """Report the deploy's events until it is done and return the last one. Raises DeployFailed and UnshelfError."""
    for event in _events(http, deploy_id):
        if event["step"] != "end":
            report(
                Event(
                    step=event["step"],
                    state=event["state"],
                    detail=event.get("detail") or "",
                    seconds=event.get("seconds"),
                )
            )
        elif event["state"] == "done":
            return event
        else:
            raise _failure(event.get("error") or {})
    raise AssertionError("events end with an end")


def _events(http: Http, deploy_id: str) -> Iterator[dict[str, Any]]:
    """Each event once. The server tells them from the first on each time, so a broken stream is taken up where it broke."""
    seen = 0
    for attempt in range(1, _RECONNECTIONS + 1):
        try:
            with http.lines(f"/api/v1/deploys/{deploy_id}/events") as lines:
                for number, event in enumerate(lines):
                    if number < seen:
                        continue
                    seen += 1
                    yield event
                    if event["step"] == "end":
                        return
        except (Unreachable, Unavailable):
            if attempt == _RECONNECTIONS:
                raise
        except NotFound as error:
            raise DeployFailed("The server no longer knows this deploy.", hint="Deploy again.") from error
        time.sleep(_PAUSE_SECONDS)
    raise Unavailable(
        f"The server stopped telling how deploy {deploy_id} goes.",
        hint="`unshelf models` shows whether it was registered.",
    )


def _failure(error: dict[str, Any]) -> DeployFailed:
    return DeployFailed(
        str(error.get("detail") or "The server did not say why."),
        step=str(error.get("step") or ""),
        log=str(error.get("log") or ""),
        hint=str(error.get("hint") or ""),
        code=str(error.get("code") or DeployFailed.code),
    )


def human_size(count: int) -> str:
    """Bytes for people: `12.3 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
