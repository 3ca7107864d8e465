"""Sockets that nobody else may connect to, and that take the place of a dead process's."""

import os
import socket
from pathlib import Path

import pytest

from unshelf.runtime.private_socket import listen_privately


def test_only_our_own_user_may_connect(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with listen_privately(tmp_path / "s"):
            assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
            assert os.umask(0) == 0, "the mask is as it was"
    finally:
        os.umask(before)


def test_it_listens_once_it_has_its_name(tmp_path: Path) -> None:
    with listen_privately(tmp_path / "s") as listening, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        connection, _ = listening.accept()
        with connection:
            client.sendall(b"x")
            assert connection.recv(1) == b"x"
        assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_it_takes_the_place_of_what_dead_processes_left(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "s"))
    (tmp_path / f"s.{os.getpid()}").write_text("half made by an earlier process of this number")
    with listen_privately(tmp_path / "s") as listening, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(tmp_path / "s"))
        connection, _ = listening.accept()
        connection.close()
        assert client.recv(1) == b""
    assert {path.name for path in tmp_path.iterdir()} <= {"s"}


def test_a_folder_that_is_not_there_is_an_error_and_leaves_the_mask(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        with pytest.raises(FileNotFoundError):
            listen_privately(tmp_path / "none" / "s")
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
