"""systemd's notifications: that the server is ready, that it still works, that it stops. A datagram each, as sd_notify(3) has it."""

import contextlib
import os
import socket
import time
from collections.abc import Mapping

_MICROSECONDS = 1e6
_BEATS = 3
"""How many beats there are in the time after which systemd takes a service for hung."""


class ServiceManager:
    """The manager that started us and wants to hear of us; one that is silent where there is none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._address = _address_of(environment.get("NOTIFY_SOCKET", ""))
        self._every = _watchdog_seconds(environment) / _BEATS
        self._beat_at = 0.0

    @property
    def is_there(self) -> bool:
        """Whether one started us, so that what we print goes to its journal."""
        return bool(self._address)

    def ready(self, url: str) -> None:
        """Tell that predictions can be taken."""
        self._say(f"READY=1\nSTATUS=ready at {url}\nMAINPID={os.getpid()}")

    def beat(self) -> None:
        """Tell that the server works, where the manager looks for it; it is called about every second, and quick."""
        now = time.monotonic()
        if self._every and now - self._beat_at >= self._every:
            self._beat_at = now
            self._say("WATCHDOG=1")

    def stopping(self, seconds: float) -> None:
        """Tell that the server stops, and within how many seconds."""
        self._say(f"STOPPING=1\nSTATUS=stopping\nEXTEND_TIMEOUT_USEC={int(seconds * _MICROSECONDS)}")

    def _say(self, text: str) -> None:
        if not self._address:
            return
        # A manager that is away must not end what it manages.
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sending:
            sending.settimeout(1.0)
            sending.sendto(text.encode(), self._address)


def _address_of(name: str) -> str:
    """The socket's address: a path, or a name in the abstract namespace, which is written with `@`."""
    if name.startswith("@"):
        return f"\0{name[1:]}"
    return name if name.startswith("/") else ""


def _watchdog_seconds(environment: Mapping[str, str]) -> float:
    """After how long without a beat the service counts as hung; 0: nobody looks, or it is another process that is looked at."""
    try:
        seconds = int(environment.get("WATCHDOG_USEC", "0")) / _MICROSECONDS
        process = int(environment.get("WATCHDOG_PID", "0"))
    except ValueError:
        return 0.0
    return seconds if process in (0, os.getpid()) else 0.0
