"""The process that fetches files of package indexes: a question as JSON on standard input, on standard output why some are not there.

Its environment says how indexes are reached: certificates, and a proxy that alone has the credentials."""

import hashlib
import http.client
import json
import ssl
import sys
import urllib.request
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

_SECONDS = 60.0
_CHUNK = 1 << 20
_ALGORITHMS = ("sha512", "sha384", "sha256")


@dataclass(frozen=True, kw_only=True)
class WantedFile:
    """A file of an index."""

    name: str
    url: str
    hashes: dict[str, str]
    """Algorithm → digest in hex; one of them is held against the file."""


def main() -> None:
    """Answer `{NAME: REASON}` for the files of `{"files", "folder", "folders"}` that could not be fetched into `folder`. Files of
    this machine are copied from below `folders` alone."""
    question = json.load(sys.stdin)
    context = ssl.create_default_context()  # the system's authorities, or SSL_CERT_FILE
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=context))
    missing = {}
    for each in question["files"]:
        wanted = WantedFile(**each)
        target = Path(question["folder"], wanted.name)
        try:
            with closing(_open(opener, wanted.url, question["folders"])) as source:
                _keep(source, target, wanted)
        except (OSError, ValueError, http.client.HTTPException) as error:
            target.unlink(missing_ok=True)
            missing[wanted.name] = f"{type(error).__name__}: {error}"[:500]
    json.dump(missing, sys.stdout)


def _open(opener: urllib.request.OpenerDirector, url: str, folders: list[str]) -> BinaryIO:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https"):
        answer: BinaryIO = opener.open(urllib.request.Request(url), timeout=_SECONDS)  # noqa: S310 - of these schemes
        return answer
    path = Path(unquote(parts.path)).resolve()
    if parts.scheme != "file" or not any(path.is_relative_to(Path(folder).resolve()) for folder in folders):
        raise ValueError("it lies in no index of this server")
    return path.open("rb")


def _keep(source: BinaryIO, target: Path, wanted: WantedFile) -> None:
    """Write a file whose content is what its hash says. Raises ValueError for another one."""
    algorithm = next(each for each in _ALGORITHMS if each in wanted.hashes)
    digest = hashlib.new(algorithm)
    with target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != wanted.hashes[algorithm]:
        raise ValueError(f"its {algorithm} is not the one that was locked")


if __name__ == "__main__":
    main()
