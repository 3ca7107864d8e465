"""Mounts for forked workers, made by the host or by its helper."""

import os
import socket
import threading
from pathlib import Path

import pytest

from unshelf.host.launch import worker_mounts
from unshelf.host.launch.worker_mounts import MountHelper, make_mounts, serve


def test_what_could_not_be_made_whole_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def bundle(_: Path) -> int:
        opened.append(os.open("/dev/null", os.O_RDONLY))
        return opened[-1]

    def refuse(*_: object) -> int:
        raise PermissionError("no")

    monkeypatch.setattr(worker_mounts, "bundle_mount", bundle)
    monkeypatch.setattr(worker_mounts, "temporary_mount", refuse)
    with pytest.raises(PermissionError):
        make_mounts(Path("/b"), 7, 1, [])
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(opened[0])


def test_the_helper_answers_with_descriptors_or_with_what_was_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(bundle: Path, *_: object) -> list[int]:
        if bundle.name == "refused":
            raise PermissionError("not here")
        return [os.open("/dev/null", os.O_RDONLY), os.open("/dev/zero", os.O_RDONLY)]

    monkeypatch.setattr(worker_mounts, "make_mounts", made)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    serving = threading.Thread(target=serve, args=(theirs,))
    serving.start()
    helper = MountHelper()
    helper._socket = ours
    descriptors = helper.make(Path("/b"), 7, 1, [Path("/env")])
    assert [str(Path(f"/proc/self/fd/{each}").readlink()) for each in descriptors] == ["/dev/null", "/dev/zero"]
    for descriptor in descriptors:
        os.close(descriptor)
    with pytest.raises(PermissionError, match="not here"):
        helper.make(Path("/refused"), 7, 1, [])
    helper.close()
    serving.join()
    theirs.close()
