"""E-mail: notifications sent by SMTP from a queue in the database, which outlives restarts and servers that are away."""

import logging
import smtplib
import ssl
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from sqlalchemy.orm import Session

from unshelf.contracts.configs import SmtpOptions
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.manage.notifications.notification import AddressOf, Letter, MayHear, Notification
from unshelf.manage.notifications.service import notification_of
from unshelf.manage.notifications.tables import NotificationRow

LOOP = "mail"
"""The name of the queue."""
_TRIED_FOR = timedelta(days=5)
_LONGEST_WAIT_SECONDS = 6 * 3600.0
_ANSWER_SECONDS = 30.0
_MOST_ERROR = 500
_PERMANENT = 500

logger = logging.getLogger(__name__)


class Undeliverable(Exception):
    """The server will never take this e-mail: trying again is of no use."""


class MailQueue:
    """Sends the e-mails that wait, each until the server took it; for five days at most."""

    def __init__(
        self,
        database: Database,
        loops: Loops,
        smtp: SmtpOptions,
        address_of: AddressOf,
        *,
        may_hear: MayHear,
        public_url: str = "",
    ) -> None:
        """`public_url`: the address of this server, to which the paths of links are added."""
        self._may_hear = may_hear
        self._database = database
        self._loops = loops
        self._smtp = smtp
        self._address_of = address_of
        self._public_url = public_url.rstrip("/")
        self._letters: dict[str, Letter] = {}

    def add_letter(self, kind: str, letter: Letter) -> None:
        """Have e-mails of a kind go to other addresses than those of active users, with links of their own."""
        self._letters[kind] = letter

    def reaches(self, session: Session, person: str, kind: str) -> bool:
        """Whether the person can be written to about this kind of thing."""
        return self._address(session, person, kind) is not None

    def add(self, session: Session, notification: str) -> None:
        """Have a stored notification sent, in the caller's transaction."""
        self._loops.add_work(session, LOOP, notification)

    def loop(self) -> QueueLoop:
        """Describe the loop that sends."""
        return QueueLoop(name=LOOP, act=self.send, workers=2)

    def send(self, claim: Claim) -> None:
        """Send one e-mail. Raises Postponed while the server is away or refuses for now."""
        with self._database.read() as session:
            row = session.get(NotificationRow, claim.key)
            found = None if row is None else (notification_of(row), self._address(session, row.recipient, row.kind))
            person = "" if row is None else row.recipient
            may_hear = row is None or self._may_hear(session, row.recipient, notification_of(row))
        if found is None:
            self._end(claim, "failed", "The notification was too old to be kept.")
            return
        notification, address = found
        if address is None:
            self._end(claim, "failed", "The person has no e-mail address any more.")
            return
        if not may_hear:
            self._end(claim, "failed", "The person may not see any more what it is about.")
            return
        letter, link = self._letters.get(notification.kind), ""
        if letter is not None:
            with self._database.transaction() as session:
                link = letter.link_of(session, person) or ""
            if not link:
                self._end(claim, "failed", "The link that it would have has ended.")
                return
        try:
            mail = mail_of(claim.key, notification, address, self._smtp, self._public_url, letter_link=link)
            send_mail(self._smtp, mail, address)
        except Undeliverable as error:
            logger.warning("an e-mail was refused", extra={"notification": claim.key, "reason": str(error)})
            self._end(claim, "failed", str(error))
        except OSError as error:  # smtplib's errors are such, too
            self._postpone(claim, notification, reason_of(error))
        else:
            self._end(claim, "sent", "")

    def _address(self, session: Session, person: str, kind: str) -> str | None:
        letter = self._letters.get(kind)
        return self._address_of(session, person) if letter is None else letter.address_of(session, person)

    def _end(self, claim: Claim, state: str, error: str) -> None:
        with self._database.transaction() as session:
            claim.finish(session)
            self._note(session, claim.key, state, error)

    def _postpone(self, claim: Claim, notification: Notification, reason: str) -> None:
        if now() - notification.created_at > _TRIED_FOR:
            self._end(claim, "failed", reason)
            return
        logger.warning("an e-mail can't be sent now", extra={"notification": claim.key, "reason": reason})
        with self._database.transaction() as session:
            claim.require(session)
            self._note(session, claim.key, "waiting", reason)
        raise Postponed(reason, seconds=wait_seconds(claim.attempts))

    def _note(self, session: Session, notification: str, state: str, error: str) -> None:
        row = session.get(NotificationRow, notification)
        if row is not None:
            row.mail, row.mail_error = state, error[:_MOST_ERROR]


def wait_seconds(attempts: int) -> float:
    """How long to wait after this number of failed attempts: from a second to six hours, twice as long each time."""
    return float(min(_LONGEST_WAIT_SECONDS, 2.0 ** min(attempts - 1, 20)))


def mail_of(
    id: str,
    notification: Notification,
    address: str,
    smtp: SmtpOptions,
    public_url: str = "",
    *,
    letter_link: str = "",
) -> EmailMessage:
    """Write the e-mail; with `letter_link`, a letter that nobody can choose not to get.

    Its Message-ID is the same at each attempt, so that mail programs show one that came twice once.

    Raises Undeliverable for an address that none can be written to."""
    message = EmailMessage(policy=SMTP)
    name, sender = parseaddr(smtp.sender)
    try:
        message["From"] = Address(display_name=name, addr_spec=sender)
        message["To"] = Address(addr_spec=address)
    except (ValueError, IndexError, MessageError):
        raise Undeliverable("The address is none that an e-mail can be sent to.") from None
    message["Subject"] = notification.title
    message["Date"] = format_datetime(notification.created_at)
    message["Message-ID"] = f"<{id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    link = letter_link or (f"{public_url}{notification.link}" if notification.link else "")
    parts = [
        notification.body or notification.title,
        link,
        "" if letter_link else "You chose to get this by e-mail: unshelf notifications choices",
    ]
    message.set_content("\n\n".join(filter(None, parts)) + "\n")
    return message


def send_mail(smtp: SmtpOptions, message: EmailMessage, address: str) -> None:
    """Hand an e-mail to the server. Raises Undeliverable, and OSError for what may go well later."""
    try:
        with _connected(smtp) as server:
            if smtp.user:
                server.login(smtp.user, smtp.password)
            server.send_message(message, to_addrs=[address])
    except smtplib.SMTPRecipientsRefused as error:
        code, text = error.recipients[address]
        if code >= _PERMANENT:
            raise Undeliverable(_answer(code, text)) from None
        raise
    except smtplib.SMTPDataError as error:
        if error.smtp_code >= _PERMANENT:
            raise Undeliverable(_answer(error.smtp_code, error.smtp_error)) from None
        raise


def call_mail_server(smtp: SmtpOptions, seconds: float) -> None:
    """Connect and log in as for an e-mail, and send none. Raises OSError where none could be sent; smtplib's errors are such, too."""
    with _connected(smtp, seconds) as server:
        if smtp.user:
            server.login(smtp.user, smtp.password)
        server.noop()


def _connected(smtp: SmtpOptions, seconds: float = _ANSWER_SECONDS) -> smtplib.SMTP:
    if smtp.tls == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=seconds, context=ssl.create_default_context())
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=seconds)
    if smtp.tls == "starttls":
        try:
            server.starttls(context=ssl.create_default_context())
        except BaseException:
            server.close()
            raise
    return server


def reason_of(error: OSError) -> str:
    """Say why no e-mail could be sent."""
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"


def _answer(code: int, text: bytes | str) -> str:
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return f"The server said {code} {words}"[:_MOST_ERROR]
