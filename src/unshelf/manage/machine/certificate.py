"""The certificate that people and programs see at the public address: whether it is about to end."""

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography import x509

from unshelf.contracts.machine import MachineCheck
from unshelf.foundation.clock import now

_LOOK_SECONDS = 6 * 3600.0
_AGAIN_SECONDS = 600.0
_CONNECT_SECONDS = 5.0
_SOON = timedelta(days=14)
_HINT = "Renew the certificate of the proxy that speaks TLS, and have it read the new one."


class CertificateWatch:
    """Looks at the certificate of the public address every few hours."""

    def __init__(self, public_url: str, *, fetch: Callable[[str, int], datetime] | None = None) -> None:
        """`fetch` gives when the certificate at a host and port ends; raises OSError and ValueError."""
        address = urlsplit(public_url)
        self._host = address.hostname if address.scheme == "https" else None
        self._port = address.port or 443
        self._fetch = fetch or ending_of
        self._ends: datetime | None = None
        self._due = 0.0

    def checks(self) -> list[MachineCheck]:
        """Tell how long it is good for; nothing where there is none, or it can't be seen from here."""
        if self._host is None:
            return []
        if time.monotonic() >= self._due:
            self._look(self._host)
        if self._ends is None:
            return []
        left, detail = self._ends - now(), f"that of {self._host} ends at {self._ends:%Y-%m-%d %H:%M} UTC"
        if left <= timedelta():
            return [MachineCheck(name="certificate", state="fail", detail=f"{detail}: it is over", hint=_HINT)]
        if left < _SOON:
            return [MachineCheck(name="certificate", state="warn", detail=detail, hint=_HINT)]
        return [MachineCheck(name="certificate", state="ok", detail=detail)]

    def _look(self, host: str) -> None:
        self._due = time.monotonic() + _AGAIN_SECONDS
        with contextlib.suppress(OSError, ValueError):  # many a server can't reach its own public address
            self._ends = self._fetch(host, self._port)
            self._due = time.monotonic() + _LOOK_SECONDS


def ending_of(host: str, port: int) -> datetime:
    """Return when the certificate that is shown at this address ends. Raises OSError and ValueError."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # one that has ended already is to be read, too; nothing is sent
    with (
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS) as connection,
        context.wrap_socket(connection, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert(binary_form=True)
    if shown is None:
        raise ValueError("no certificate was shown")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc
