"""The proof that a forked copy of the loaded model works: a child predicts the example and must answer as its parent did."""

import os
import select
import signal
import threading
import warnings
from collections.abc import Callable

_SECONDS = 20
_SAME, _DIFFERENT, _RAISED = b"same", b"different", b"raised"


def prove_fork_safe(predict: Callable[[], str], *, seconds: int = _SECONDS) -> tuple[bool, str]:
    """Whether a forked child was seen to answer as this process does, and why not. `predict` gives the answer's text."""
    others = [thread.name for thread in threading.enumerate() if thread is not threading.current_thread()]
    if others:
        return False, f"threads are running, which a forked copy would lack: {', '.join(others[:5])}"
    expected = predict()
    reader, writer = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # native threads may run; the child shows whether that matters
        child = os.fork()
    if child == 0:
        os.close(reader)
        signal.alarm(seconds)  # its default action ends the child even if this process is gone by then
        _answer(predict, expected, writer)
    os.close(writer)
    try:
        return _verdict(_read(reader, seconds), seconds)
    finally:
        os.close(reader)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(predict: Callable[[], str], expected: str, writer: int) -> None:
    try:
        os.write(writer, _SAME if predict() == expected else _DIFFERENT)
    except BaseException as error:
        os.write(writer, _RAISED + f" {type(error).__name__}: {error}".encode(errors="replace")[:500])
    finally:
        os._exit(0)  # nothing of the parent's that waits to run at exit belongs to the child


def _read(reader: int, seconds: int) -> bytes | None:
    """Read the child's answer; empty when it died, None when it does not answer in time."""
    ready, _, _ = select.select([reader], [], [], seconds)
    return os.read(reader, 1024) if ready else None


def _verdict(said: bytes | None, seconds: int) -> tuple[bool, str]:
    if said is None:
        return False, f"a forked copy did not answer within {seconds} seconds"
    if said == _SAME:
        return True, "a forked copy answered as its parent did"
    if said == _DIFFERENT:
        return False, "a forked copy answered differently"
    if said.startswith(_RAISED):
        return False, f"a forked copy raised {said[len(_RAISED) + 1 :].decode(errors='replace')}"
    return False, "a forked copy died"
