"""Sends a bundle to the server and follows its deploy to the end, also across a restart of the control plane."""

import secrets
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from unshelf.client.bundling.files import BundleSource
from unshelf.client.errors import Conflict, DeployFailed, NotFound, Unavailable, Unreachable, UnshelfError
from unshelf.client.http import Http
from unshelf.client.results import Event
from unshelf.contracts.bundle import Manifest

Report = Callable[[Event], None]
"""Called with each event of a deploy as it happens."""

_ASKED_AT_ONCE = 10_000
_SENT_AT_ONCE = 8
_TELL_SECONDS = 2.0
_RECONNECTIONS = 20
_PAUSE_SECONDS = 0.5
_AWAY_SECONDS = 120.0
"""How long control may be away while somebody follows a deploy: it goes on with it afterwards."""


def upload(http: Http, contents: list[BundleSource], report: Report, *, project: str | None = None) -> None:
    """Put every file that the server does not hold yet. `project`: whose quota they count to. Raises UnshelfError."""
    began = time.monotonic()
    report(Event(step="upload", state="started"))
    by_digest = {content.sha256: content for content in contents}
    digests = list(by_digest)
    missing: list[str] = []
    for place in range(0, len(digests), _ASKED_AT_ONCE):
        asked = {"digests": digests[place : place + _ASKED_AT_ONCE]}
        missing += _send_repeatedly(http, "/api/v1/blobs/missing", asked)["missing"]
    to_send = [by_digest[digest] for digest in missing]
    _put_all(http, to_send, report, None if project is None else {"project": project})
    known, sent = len(digests) - len(missing), sum(content.size for content in to_send)
    detail = f"{len(missing)} files, {human_size(sent)}" + (f"; {known} known already" if known else "")
    report(Event(step="upload", state="done", detail=detail, seconds=time.monotonic() - began))


def _put_all(http: Http, contents: list[BundleSource], report: Report, params: dict[str, Any] | None) -> None:
    """Put these files, several at a time, as the server's disk takes a moment for each; and tell how far it is. Raises UnshelfError."""

    def put(content: BundleSource) -> None:
        http.respond(
            "PUT", f"/api/v1/blobs/{content.sha256}", body=content.chunks, kind="application/octet-stream", size=content.size,
            params=params, patient=True,
        )  # fmt: skip

    told = time.monotonic()
    with ThreadPoolExecutor(_SENT_AT_ONCE, thread_name_prefix="upload") as pool:
        sending = [pool.submit(put, content) for content in contents]
        try:
            for count, done in enumerate(as_completed(sending), start=1):
                done.result()
                if time.monotonic() - told >= _TELL_SECONDS:
                    told = time.monotonic()
                    report(Event(step="upload", state="info", detail=f"{count} of {len(contents)} files are sent."))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def start(
    http: Http,
    name: str,
    manifest: Manifest,
    contents: list[BundleSource],
    report: Report,
    *,
    release: bool | None,
    alias: str | None,
    limits: dict[str, float] | None = None,
    dry_run: bool = False,
    data: dict[str, Any] | None = None,
    project: str | None = None,
) -> str:
    """Upload and begin the deploy; its id. `data`: the fields about its baseline and example. Raises UnshelfError."""
    upload(http, contents, report, project=project)
    body = {"name": name, "manifest": msgspec.to_builtins(manifest), "release": release, "alias": alias}
    body |= data or {}
    body["key"] = secrets.token_urlsafe(24)  # so that it may be sent again when no answer comes
    if limits is not None:
        body["limits"] = limits
    if project is not None:
        body["project"] = project
    if dry_run:  # a server of before refuses the field, rather than deploy
        body["dry_run"] = True
    try:
        try:
            return str(_send_repeatedly(http, "/api/v1/deploys", body)["id"])
        except Conflict:
            # A file that was known a moment ago may have gone with the last version that needed it.
            upload(http, contents, report, project=project)
            return str(_send_repeatedly(http, "/api/v1/deploys", body)["id"])
    except KeyboardInterrupt:
        # The server may have begun it without our knowing its id, which the same key finds; or begins it, to be ended at once.
        with suppress(UnshelfError):
            deploy_id = http.send("POST", "/api/v1/deploys", body)["id"]
            http.send("POST", f"/api/v1/deploys/{deploy_id}/cancel")
        raise


def _send_repeatedly(http: Http, path: str, body: dict[str, Any]) -> Any:
    """Post what may be repeated until there is an answer: the control plane may be restarting."""
    for attempt in range(1, _RECONNECTIONS + 1):
        try:
            return http.send("POST", path, body)
        except Unavailable:
            if attempt == _RECONNECTIONS:
                raise
        time.sleep(_PAUSE_SECONDS)
    raise AssertionError("the last attempt returns or raises")


def follow(http: Http, path: str, report: Report) -> dict[str, Any]:
    """Report the events of a deploy, or a build, at this address until it is done and return the last one. Raises DeployFailed and
    UnshelfError."""
    for event in _events(http, path):
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


def _events(http: Http, path: str) -> Iterator[dict[str, Any]]:
    """Each event once. The server tells them from the first on each time, so a broken stream is taken up where it broke."""
    seen = broken = 0
    patient_until: float | None = None
    while broken < _RECONNECTIONS:
        try:
            with http.lines(f"{path}/events") as lines:
                for number, event in enumerate(lines):
                    patient_until = None
                    if number < seen:
                        continue
                    seen += 1
                    yield event
                    if event["step"] == "end":
                        return
            broken += 1
        except Unavailable:  # control is replaced, or the gateway would not say so
            patient_until = patient_until or time.monotonic() + _AWAY_SECONDS
            if time.monotonic() > patient_until:
                raise
        except Unreachable:
            broken += 1
            if broken == _RECONNECTIONS:
                raise
        except NotFound as error:
            raise DeployFailed("The server no longer knows what was begun.", hint="Begin again.") from error
        time.sleep(_PAUSE_SECONDS)
    raise Unavailable(
        f"The server stopped telling how {path.rpartition('/')[2]} goes.",
        hint=f"It may go on all the same: GET {path} says how it ended; `unshelf deploys attach ID` follows a deploy.",
    )


def _failure(error: dict[str, Any]) -> DeployFailed:
    return DeployFailed(
        str(error.get("detail") or "The server did not say why."),
        step=str(error.get("step") or ""),
        log=str(error.get("log") or ""),
        hint=str(error.get("hint") or ""),
        code=str(error.get("code") or DeployFailed.code),
    )


def seconds_between(earlier: str, later: str) -> float:
    """Return the seconds between two times of the API."""
    moments = (
        datetime.fromisoformat(text.replace("Z", "+00:00")) for text in (earlier, later)
    )  # Python 3.10 knows no Z
    first, last = moments
    return (last - first).total_seconds()


def human_size(count: int) -> str:
    """Bytes for people: `12.3 MB`."""
    size = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
