"""Loops of the event log: what is closed into it, and where it is sent on to."""

import socket
from urllib.parse import urlsplit

from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.manage.forwarding.syslog import SyslogForwarder
from unshelf.manage.forwarding.syslog_receiver import syslog_receiver
from unshelf.manage.forwarding.webhooks import WebhookForwarder
from unshelf.server.wiring.base import BaseParts
from unshelf.server.wiring.manage import ManageParts


def audit_loops(base: BaseParts, manage: ManageParts) -> list[PeriodicLoop]:
    """Build the loops that close files of records into the log, and send events on: to webhooks, and to a syslog receiver."""
    config, notifying = base.config, manage.notifications
    loops = [
        base.ledger.loop(config.audit.close_seconds),
        WebhookForwarder(base.database, base.events, notifying.deliveries, notifying.service.may_read_log).loop(),
    ]
    if config.audit.syslog:
        receiver = syslog_receiver(config.audit.syslog, config.audit.syslog_ca)
        host = urlsplit(config.public_url).hostname or socket.gethostname()
        loops.append(SyslogForwarder(base.database, base.events, receiver, host=host).loop())
    return loops
