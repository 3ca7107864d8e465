"""Texts of requirements: what may be asked of the package index."""

import re
from collections.abc import Sequence

from unshelf.contracts.bundle import MAX_HASHES_CHARACTERS, MAX_REQUIREMENT_CHARACTERS, MAX_REQUIREMENTS
from unshelf.host.errors import HostFailure

# A requirement names a package of an index. Options, paths, URLs and uv's ${VARIABLES} would let a deployer make the server
# read files or call addresses of his choice.
_REQUIREMENT = re.compile(
    r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*"
    r"(?:\[[A-Za-z0-9._,\s-]*\]\s*)?"
    r"(?:\(?\s*[<>=!~][A-Za-z0-9.,*+!<>=~_\s-]*\)?\s*)?"
    r"(?:;[^\x00-\x1f$\\#@/]*)?"
)
_ARCHIVE_NAME = re.compile(r"\.(whl|zip|tar\.gz|tgz|txt|in|toml)\s*$", re.IGNORECASE)


def check_lengths(requirements: Sequence[str]) -> None:
    """Refuse more than is read, before anything is; raises `lock_failed`."""
    if len(requirements) > MAX_REQUIREMENTS:
        raise _refusal(f"There are {len(requirements)} requirements; at most {MAX_REQUIREMENTS} are read.")
    for requirement in requirements:
        package, _, hashes = requirement.partition("--hash")
        if len(package) > MAX_REQUIREMENT_CHARACTERS or len(hashes) > MAX_HASHES_CHARACTERS:
            raise _refusal(
                f"The requirement {requirement[:40]!a}… has {len(requirement)} characters; at most {MAX_REQUIREMENT_CHARACTERS} are read."
            )


def check_requirements(requirements: Sequence[str]) -> None:
    """Refuse whatever is no plain requirement on a package of the index; raises `lock_failed`. Takes a time that grows with the
    length of the texts, which is bounded."""
    check_lengths(requirements)
    for requirement in requirements:
        if not _is_plain(requirement):
            raise _refusal(f"The requirement {requirement[:200]!a} is not a package of an index with a version.")


def _is_plain(requirement: str) -> bool:
    if any(character in requirement for character in "\r\n\v\f"):
        return False
    text = " ".join(requirement.split())  # runs of blanks are what a pattern may go over again and again
    return (
        _REQUIREMENT.fullmatch(text) is not None and re.search(r"\s-", text) is None and not _ARCHIVE_NAME.search(text)
    )


def _refusal(detail: str) -> HostFailure:
    return HostFailure(
        "lock_failed",
        detail,
        hint="Write `name>=1.2,<2`. Put own code into the bundle, and packages of your own into an index.",
        step="lock",
    )
