"""The mail server that notifications are sent by: whether it answers, before there is something to tell."""

import time
from collections.abc import Callable

from unshelf.contracts.configs import SmtpOptions
from unshelf.contracts.machine import MachineCheck
from unshelf.manage.notifications.mail import call_mail_server, reason_of

_LOOK_SECONDS = 300.0
_AGAIN_SECONDS = 60.0
_ANSWER_SECONDS = 5.0
_NO_SERVER = "no e-mail is sent: UNSHELF_SMTP_HOST is not set; alerts reach people by page and webhook"
_NO_ANSWER = (
    "See UNSHELF_SMTP_HOST, UNSHELF_SMTP_PORT, UNSHELF_SMTP_TLS and UNSHELF_SMTP_USER. E-mails wait for five days; until then alerts "
    "reach people by page and webhook."
)
_NO_ADDRESS = "no administrator has an e-mail address"
_NOBODY = (
    "Alerts of the machine reach nobody by e-mail. `unshelf users invite NAME --email ADDRESS --role administrator`"
)


class MailServerWatch:
    """Calls the mail server every five minutes, and each minute while it is away."""

    def __init__(
        self,
        smtp: SmtpOptions,
        reaches_administrators: Callable[[], bool],
        *,
        for_others: bool,
        call: Callable[[SmtpOptions, float], None] = call_mail_server,
    ) -> None:
        """`for_others`: whether the server is for more than the person at this machine, and a missing mail server worth a word. `call`
        raises OSError where no e-mail could be sent."""
        self._smtp = smtp
        self._reaches_administrators = reaches_administrators
        self._for_others = for_others
        self._call = call
        self._problem = ""
        self._due = 0.0

    def checks(self) -> list[MachineCheck]:
        """Tell whether e-mails go out, and to an administrator."""
        if not self._smtp.host:
            return [MachineCheck(name="mail", state="ok", detail=_NO_SERVER)] if self._for_others else []
        if time.monotonic() >= self._due:
            self._look()
        place = f"{self._smtp.host}:{self._smtp.port}"
        if self._problem:
            return [MachineCheck(name="mail", state="warn", detail=f"{place}: {self._problem}", hint=_NO_ANSWER)]
        found = [MachineCheck(name="mail", state="ok", detail=f"{place} answers")]
        if not self._reaches_administrators():
            found.append(MachineCheck(name="mail_people", state="warn", detail=_NO_ADDRESS, hint=_NOBODY))
        return found

    def _look(self) -> None:
        try:
            self._call(self._smtp, _ANSWER_SECONDS)
        except OSError as error:
            self._problem = reason_of(error)
        else:
            self._problem = ""
        self._due = time.monotonic() + (_AGAIN_SECONDS if self._problem else _LOOK_SECONDS)
