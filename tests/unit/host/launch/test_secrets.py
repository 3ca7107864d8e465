"""Secrets as the host holds them: the published revision or none, also after a restart without control."""

import asyncio
from pathlib import Path

import pytest

from tests.support.virtual_time import run_in_virtual_time
from unshelf.host.errors import HostFailure
from unshelf.host.launch.secrets import Held, Secrets
from unshelf.runtime.sealing import Sealer

VALUE = "correct horse battery staple"


def opened(folder: Path) -> Secrets:
    return Secrets(folder / "held-secrets", Sealer(folder / "secrets-key"))


def test_they_are_there_for_the_next_host_and_encrypted_between(tmp_path: Path) -> None:
    asyncio.run(opened(tmp_path).hold("iris", 7, {"KEY": VALUE}))
    assert VALUE.encode() not in (tmp_path / "held-secrets").read_bytes()
    held = asyncio.run(opened(tmp_path).wait_for("iris", 7))
    assert (held.revision, held.values) == (7, {"KEY": VALUE})
    assert opened(tmp_path).revisions() == {"iris": 7}


def test_without_secrets_nothing_is_waited_for_or_written(tmp_path: Path) -> None:
    assert asyncio.run(opened(tmp_path).wait_for("iris", 0)).values == {}
    assert list(tmp_path.iterdir()) == []


def test_older_ones_than_published_are_given_to_nobody(tmp_path: Path) -> None:
    async def story() -> None:
        secrets = opened(tmp_path)
        await secrets.hold("iris", 7, {"KEY": "old"})
        assert secrets.known("iris", 8) is None
        with pytest.raises(HostFailure, match="the secrets of iris are not here yet") as refused:
            await secrets.wait_for("iris", 8)
        assert (refused.value.code, refused.value.retry_after) == ("unavailable", 2.0)

    run_in_virtual_time(story())


def test_a_start_waits_for_those_that_come(tmp_path: Path) -> None:
    async def story() -> None:
        secrets = opened(tmp_path)
        waiting = asyncio.create_task(secrets.wait_for("iris", 8))
        await asyncio.sleep(0)
        await secrets.hold("other", 9, {"KEY": "x"})
        assert not waiting.done()
        await secrets.hold("iris", 9, {"KEY": "new"})  # brought before it is published
        assert (await waiting).values == {"KEY": "new"}

    asyncio.run(story())


def test_forgotten_ones_leave_no_copy(tmp_path: Path) -> None:
    async def story() -> None:
        secrets = opened(tmp_path)
        await secrets.hold("iris", 7, {"KEY": VALUE})
        await secrets.hold("iris", 0, {})

    asyncio.run(story())
    assert not (tmp_path / "held-secrets").exists()


@pytest.mark.parametrize("content", [b"", b"\xff\xff", b"{}"])
def test_a_damaged_copy_is_passed_over(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "held-secrets").write_bytes(content)
    assert opened(tmp_path).revisions() == {}


def test_a_copy_whose_key_is_lost_is_passed_over(tmp_path: Path) -> None:
    asyncio.run(opened(tmp_path).hold("iris", 7, {"KEY": VALUE}))
    (tmp_path / "secrets-key").unlink()
    assert opened(tmp_path).revisions() == {}


def test_what_is_held_is_shown_without_values() -> None:
    assert repr(Held(revision=7, values={"KEY": VALUE})) == "Held(7, ['KEY'])"
