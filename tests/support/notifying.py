"""Notifications over a database; a mail server and a receiver of webhooks, both real, on free ports of this machine."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller

from unshelf.contracts.configs import SmtpOptions
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.mail import MailQueue
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.webhooks.deliveries import DeliveryQueue
from unshelf.manage.webhooks.destinations import Destinations
from unshelf.manage.webhooks.service import WebhookService
from unshelf.runtime.sealing import Sealer

KIND = NotificationKind(name="thing.changed", description="A thing changed.")


@dataclass(frozen=True)
class Notifying:
    """Everything that notifies people, over one database; the loops are not started."""

    loops: Loops
    notifications: NotificationService
    deliveries: DeliveryQueue
    webhooks: WebhookService


def notifying(
    database: Database,
    folder: Path,
    *,
    hosts: tuple[str, ...] = (),
    smtp: SmtpOptions | None = None,
    addresses: dict[str, str] | None = None,
    owner: str = "me",
    subjects: Subjects | None = None,
    people: dict[str, Actor] | None = None,
) -> Notifying:
    """Put it together as control does; `hosts` are those that the operator lists for webhooks."""
    loops = Loops(database, LoopMetrics(folder / "metrics", 0), owner=owner, poll_seconds=0.02)
    people = {} if people is None else people
    notifications = NotificationService(database, subjects or Subjects(), lambda person: people.get(person))
    destinations = Destinations(hosts)
    notifications.register(KIND)
    sealer, events = Sealer(folder / "secrets-key"), EventStore(database)
    deliveries = DeliveryQueue(
        database, events, loops=loops, sealer=sealer, destinations=destinations, notifications=notifications, failing_days=5
    )  # fmt: skip
    notifications.send_webhooks_by(deliveries)
    loops.add(deliveries.loop())
    if smtp is not None:
        mail = MailQueue(
            database, loops, smtp, lambda _session, person: (addresses or {}).get(person),
            may_hear=notifications.may_hear,
        )  # fmt: skip
        notifications.send_mail_by(mail)
        loops.add(mail.loop())
    webhooks = WebhookService(
        database, events, loops=loops, sealer=sealer, destinations=destinations, deliveries=deliveries
    )
    return Notifying(loops, notifications, deliveries, webhooks)


def smtp_options(port: int) -> SmtpOptions:
    """A mail server of this machine."""
    return SmtpOptions(
        host="127.0.0.1", port=port, user="", password="", tls="off", sender="Unshelf <unshelf@example.org>"
    )


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


class Mailbox:
    """What a mail server took; it refuses for now, or for good, whom a test says."""

    def __init__(self, port: int = 0) -> None:
        """`port`: the port that its server listens on, for those who ask for it."""
        self.port = port
        self.received: list[EmailMessage] = []
        self.envelopes: list[list[str]] = []
        self.refusals: dict[str, list[str]] = {}
        """Answers to the next attempts to write to somebody; then it is taken."""
        self.before_answer: list[Callable[[], object]] = []
        """Called one by one, each for one e-mail that was taken, before its sender hears that it was."""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        waiting = self.refusals.get(address)
        if waiting:
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.envelopes.append(envelope.rcpt_tos)
        message = message_from_bytes(envelope.content, _class=EmailMessage, policy=default)
        self.received.append(message)
        if self.before_answer:
            self.before_answer.pop(0)()
        return "250 OK"


@contextmanager
def mail_server(mailbox: Mailbox, port: int) -> Iterator[Mailbox]:
    """A real SMTP server, for as long as the block lasts."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@dataclass
class Receiver:
    """A receiver of webhooks: what came, and what it answers."""

    port: int = 0
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    """Path, headers by their names in lower case, body."""
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Statuses and headers of the next answers; then 204."""
    before_answer: list[Callable[[], object]] = field(default_factory=list)
    """Called one by one, each for one request that came, before it is answered."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?x=1"


@contextmanager
def webhook_receiver() -> Iterator[Receiver]:
    """A receiver on a free port, for as long as the block lasts."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.received.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.before_answer:
                receiver.before_answer.pop(0)()
            status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            with contextlib.suppress(OSError):  # a test may have killed the sender
                self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:
            """Tests print what matters to them."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
