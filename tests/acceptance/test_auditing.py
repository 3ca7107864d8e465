"""An auditor's story: heads kept elsewhere, a copy of the log in another system, and the proof of what somebody did to it."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.audit_keys import write_keys
from tests.support.backends import BACKENDS
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.syslog_server import stream_receiver
from tests.support.waiting import wait_until
from unshelf.server.backends import load_backend

CODE = """
def predict(rows):
    return [row["age"] * 2.0 for row in rows]
"""


def verified(platform: Platform, *options: str) -> dict[str, Any]:
    done = platform.cli("audit", "verify", "--json", *options, check=False)
    report: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == (1 if report["faults"] else 0), done.stderr
    return report


def offline(home: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Verify a home folder whose server is stopped, with the settings of its backends."""
    settings = {f"UNSHELF_{name.upper()}": value for name, value in BACKENDS.settings(home).items()}
    return subprocess.run(
        [*UNSHELF, "audit", "verify", "--home", str(home), *options],
        env=os.environ | settings, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def change(home: Path, *statements: str) -> None:
    """Write to the database past the product."""
    url = BACKENDS.settings(home).get("database", "sqlite:///unshelf.db")
    database = load_backend("database", url)(url, home)
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    database.dispose()


@pytest.mark.long
def test_an_auditor_finds_an_edited_row_a_removed_file_and_a_cut_off_end(tmp_path: Path) -> None:
    """Given signed heads that the auditor keeps, when somebody who administers the machine edits an event, takes away a file of records
    and cuts off the end of the log, then each is named, also without the server, and the copy in the company's syslog is whole."""
    home, heads = tmp_path / "home", tmp_path / "heads.jsonl"
    private, public = write_keys(tmp_path)
    folder = write_model(tmp_path / "sums", name="sums", code=CODE, example=[{"age": 1.0}, {"age": 2.0}])
    with (
        stream_receiver() as syslog,
        running_platform(
            home,
            gateways="1",
            segment_bytes="4096",
            audit_key=str(private),
            audit_syslog=syslog.url,
            audit_close_seconds="1",
        ) as platform,
    ):
        platform.cli("deploy", str(folder))
        for age in range(60):
            platform.predict("sums", [{"age": float(age)}])
        wait_until(
            lambda: verified(platform)["files"]["rows"] >= 20, seconds=120, what="records are closed into the log"
        )
        wait_until(lambda: verified(platform)["files"]["pending"] == 0, seconds=120, what="the journal is closed")
        wait_until(lambda: BACKENDS.archive(home), seconds=120, what="some segments became Parquet")
        platform.cli("audit", "head", "--output", str(heads))
        platform.cli("audit", "verify", "--head", str(heads), "--key", str(public))
        deployed = json.loads(platform.cli("audit", "--action", "version.registered", "--json").stdout)["events"]
        assert [event["subject"] for event in deployed] == ["sums:1"]
        exported = [json.loads(line) for line in platform.cli("audit", "export").stdout.splitlines()]
        wait_until(lambda: len(syslog.messages) >= len(exported), what="the log was sent on")
        sent = [json.loads(message.partition(b" - {")[2].join([b"{", b""])) for message in syslog.messages]
        assert [event["hash"] for event in sent[: len(exported)]] == [event["hash"] for event in exported]
    assert offline(home, "--head", str(heads), "--key", str(public)).returncode == 0

    removed = BACKENDS.archive(home)[0]
    BACKENDS.remove_archived(home, removed)
    change(home, f"UPDATE events SET actor_label = 'nobody' WHERE sequence = {deployed[0]['sequence']}")
    found = offline(home)
    assert found.returncode == 1
    assert f"Event {deployed[0]['sequence']}: Changed since it was logged." in found.stdout
    assert f"File {removed}: Missing, with " in found.stdout
    assert "unshelf audit accept PATH" in found.stdout

    head = json.loads(heads.read_text())
    last = head["sequence"] - 3
    change(
        home,
        f"DELETE FROM events WHERE sequence > {last}",
        f"UPDATE event_chain SET sequence = {last}, hash = (SELECT hash FROM events WHERE sequence = {last})",
    )
    assert f"Event {head['sequence']}: " not in offline(home).stdout
    cut = offline(home, "--head", str(heads), "--key", str(public))
    assert f"Event {head['sequence']}: Missing: the event whose hash was noted." in cut.stdout
