"""Answers that go on for long end with the key they were asked with."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import append, held, record, sheets, write
from tests.support.waiting import wait_until


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


class Follower(threading.Thread):
    """Reads an answer for as long as it goes on."""

    def __init__(self, client: httpx.Client, path: str) -> None:
        super().__init__()
        self._client = client
        self._path = path
        self.heard = b""
        self.ended = ""

    def run(self) -> None:
        try:
            with self._client.stream("GET", self._path) as answer:
                for chunk in answer.iter_raw():
                    self.heard += chunk
            self.ended = "whole"
        except httpx.RemoteProtocolError:
            self.ended = "cut off"


@pytest.mark.parametrize("path", ["/api/v1/models/iris/predictions?follow=true", "/api/v1/events"])
def test_what_follows_ends_within_a_second_of_the_revocation_of_its_key(control: InProcessControl, path: str) -> None:
    control.deploy("iris")
    segment = control.home.predictions / "1-0-a.seg"
    write(segment, record(1, time_ns=time.time_ns()))
    revoked, kept = (Follower(control.client(name=name, role="deploy"), path) for name in ("revoked", "kept"))
    try:
        with held(segment):
            for follower in (revoked, kept):
                follower.start()
            wait_until(lambda: bool(revoked.heard and kept.heard), what="both follow")
            keys = {key["name"]: key["id"] for key in control.http.get("/api/v1/keys").json()["keys"]}

            begun = time.monotonic()
            control.http.delete(f"/api/v1/keys/{keys['revoked']}").raise_for_status()
            wait_until(lambda: bool(revoked.ended), what="the follower is cut off")

            # A stream of events looks at its token itself, and may end before the connection is cut.
            assert revoked.ended == "cut off" or "events" in path
            assert not kept.ended
            assert time.monotonic() - begun < 30, "a second, and what a busy machine takes"
            append(segment, sheets(record(2, time_ns=time.time_ns())))
            if "predictions" in path:
                wait_until(lambda: b"p2" in kept.heard, what="the other one goes on")
                assert b"p2" not in revoked.heard
    finally:
        control.http.delete(f"/api/v1/keys/{keys['kept']}")
        kept.join(60)
        revoked.join(60)
