"""uv's complaints, in words that a deployer can act on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unshelf.host.program_output import cut_lines

_LONGEST_CAUSE = 400
_MOST_CAUSES = 40
_MOST_PLACES = 5
_STATUS = re.compile(r"HTTP status (?:client|server) error \((\d{3} [A-Za-z ]{1,40})\) for url \((\S{1,400}?)\)")
_LOCAL_BUILD = re.compile(r"no version of ([\w.-]{1,200}==[^\s+]{1,200})\+([\w.]{1,200})")
_MISSING = " was not found in the package registry"
_UNCACHED = " was not found in the cache"
_UNSATISFIABLE = "we can conclude that your requirements are unsatisfiable"
_MIRROR_HINT = (
    "Check the server's network. Behind a mirror, start `unshelf up` with UV_DEFAULT_INDEX or PIP_INDEX_URL set to it; "
    "without a network, with UV_OFFLINE=1 and UV_FIND_LINKS set to a folder of wheels."
)
_CREDENTIALS_HINT = (
    "Have the operator check the user name and the password or token in the index's address (UV_DEFAULT_INDEX, UV_INDEX), "
    "and whether they may read this package."
)


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """Why uv refused, in one sentence, and what to do about it."""

    reason: str
    hint: str


def understand(errors: str) -> Complaint:
    """Explain uv's standard error, of which the caller gives at most what `program_output` keeps."""
    errors = cut_lines(errors)
    causes = _causes(errors)
    text = " ".join(causes)
    hints = [line[6:] for line in errors.splitlines() if line.startswith("hint: ")]
    return (
        _of_credentials(text, hints)
        or _of_the_index(text, causes)
        or _of_requirements(text, causes, hints)
        or Complaint(
            reason=text or "uv gave no reason",
            hint=hints[0] if hints else "The log has what the package's build said.",
        )
    )


def hint_for_refused(places: Sequence[str]) -> str:
    """Say what an operator does for a build that asked for places which it may not reach; empty where there was none."""
    if not places:
        return ""
    shown = [ascii(place)[1:-1] for place in places[:_MOST_PLACES]]
    return (
        f"Builds reach the package indexes of the server alone, and {', '.join(shown)} is none of them. Ask for versions that have wheels, "
        f"so that nothing is built; or have the operator start `unshelf up` with UNSHELF_BUILD_HOSTS={','.join(shown)}."
    )


def _of_credentials(text: str, hints: Sequence[str]) -> Complaint | None:
    """An index that refuses looks to uv as if it had no such package; the truth stands in a hint."""
    for hint in hints:
        for status in ("401 Unauthorized", "403 Forbidden"):
            if status in hint:
                index = hint.partition("(")[2].partition(")")[0]
                wanted = _word_before(text, _MISSING)
                what = f" for {wanted!r}" if wanted else ""
                return Complaint(
                    reason=f"The package index {index} refused the credentials{what} ({status}).",
                    hint=_CREDENTIALS_HINT,
                )
    match = _STATUS.search(text)
    if match and match[1][:3] in ("401", "403"):
        return Complaint(
            reason=f"The package index refused the credentials for {match[2]} ({match[1]}).", hint=_CREDENTIALS_HINT
        )
    return None


def _of_the_index(text: str, causes: Sequence[str]) -> Complaint | None:
    if match := _STATUS.search(text):
        status, address = match[1], match[2]
        if status.startswith("407"):
            return Complaint(
                reason=f"The proxy refused the request for {address} ({status}).",
                hint="Have the operator check the user name and password in HTTP_PROXY and HTTPS_PROXY.",
            )
        return Complaint(
            reason=f"The package index answered {status} for {address}.",
            hint="Deploy again later; if it goes on, ask those who run the index.",
        )
    if "invalid peer certificate" in text or "CERTIFICATE_VERIFY_FAILED" in text:
        return Complaint(
            reason=f"The package index shows a certificate that this server does not trust: {_last_of(causes)}.",
            hint="Have the operator add the certificate authority to the system's store, or name it in SSL_CERT_FILE.",
        )
    if missing := _word_before(text, _UNCACHED):
        return Complaint(
            reason=f"The package index can't be reached: {missing} is not in the cache and the network is disabled.",
            hint=_MIRROR_HINT,
        )
    if any(
        phrase in text for phrase in ("network was disabled", "error sending request", "ailed to fetch", "dns error")
    ):
        why = "its name can't be resolved: " if "dns error" in text else ""
        return Complaint(
            reason=f"The package index can't be reached: {why}{_last_of(causes).rstrip('.')}.", hint=_MIRROR_HINT
        )
    return None


def _of_requirements(text: str, causes: Sequence[str], hints: Sequence[str]) -> Complaint | None:
    if missing := _word_before(text, _MISSING):
        return Complaint(
            reason=f"There is no package named {missing!r} in the package index.",
            hint="Check the spelling. A private package needs its index: start `unshelf up` with UV_INDEX set to it.",
        )
    if "Hash mismatch" in text:
        return Complaint(
            reason=f"{text.rstrip('.')}.",
            hint="The file in the package index is not the one that was locked. Deploy again from requirements.",
        )
    if " no version of " in text and (build := _LOCAL_BUILD.search(text)):
        return Complaint(
            reason=f"{build[1]}+{build[2]} is in no index of this server; {build[2]!r} names a build that is published elsewhere.",
            hint=f"Have the server started with UV_INDEX set to the index that has it, or ask for the usual build, `{build[1]}`, "
            "which may be larger and want other hardware.",
        )
    if "has no wheels with a matching" in text or "no usable wheels" in text:
        return Complaint(
            reason=f"The package index has no file that fits this server: {_lower_first(_before_conclusion(causes))}.",
            hint=hints[0] if hints else "Ask for another version of the package, or another Python.",
        )
    if "requirements are unsatisfiable" in text:
        return Complaint(
            reason=f"The requirements can't be met together: {_lower_first(_before_conclusion(causes))}.",
            hint=hints[0] if hints else "Change or loosen one of the requirements named here.",
        )
    if "Couldn't parse requirement" in text:
        return Complaint(
            reason=f"A requirement can't be read: {_last_of(causes).rstrip('.')}.",
            hint="Write requirements as in PEP 508: `scikit-learn>=1.5,<2`.",
        )
    return None


def _causes(errors: str) -> list[str]:
    """The chain of causes of uv's error, each on one line, the outermost first. What a build printed is none of them."""
    causes: list[str] = []
    for line in errors.splitlines():
        if line.startswith(("error: ", "  cause: ")) and len(causes) < _MOST_CAUSES:
            causes.append(line.partition(": ")[2].strip())
        elif line.strip() in ("[stdout]", "[stderr]"):
            break
        elif causes and line.startswith("  ") and line.strip() and len(causes[-1]) < _LONGEST_CAUSE:
            causes[-1] += f" {line.strip()}"
        elif causes and line.strip() and not line.startswith(" "):
            break
    return [cause[: 2 * _LONGEST_CAUSE] for cause in causes]


def _word_before(text: str, phrase: str) -> str:
    """The word that stands before this phrase; empty where there is none."""
    before, found, _ = text.partition(phrase)
    return before.rpartition(" ")[2] if found else ""


def _before_conclusion(causes: Sequence[str]) -> str:
    return causes[-1].partition(_UNSATISFIABLE)[0].strip().removesuffix(" And because").rstrip(" ,.") if causes else ""


def _last_of(causes: Sequence[str]) -> str:
    return causes[-1] if causes else "uv gave no reason"


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
