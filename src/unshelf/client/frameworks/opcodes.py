"""Imports of a pickle, read from its opcodes without running it."""

import bz2
import gzip
import lzma
import pickletools
import re
import sys
import zlib
from collections.abc import Callable
from typing import Any

from unshelf.client.errors import InvalidModel

_GLOBAL = re.compile(rb"c([A-Za-z_][\w.]*)\n([A-Za-z_][\w.]*)\n")
_STACK_GLOBAL = re.compile(rb"\x8c(.)([A-Za-z_][\w.]*)\x94\x8c(.)([A-Za-z_][\w.]*)\x94\x93", re.DOTALL)
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_COMPRESSED: list[tuple[bytes, Callable[[bytes], bytes]]] = [
    (b"\x1f\x8b", gzip.decompress),
    (b"BZh", bz2.decompress),
    (b"\xfd7zXZ\x00", lzma.decompress),
    (b"]\x00", lzma.decompress),
    (b"x", zlib.decompress),
]
"""Compressions of joblib, each recognised by its first bytes."""
_SKLEARN_VERSION = re.compile(
    rb"_sklearn_version"
    rb"(?:\x94|q.|r.{4}|\np\d+\n)?"  # how the name is remembered
    rb"(?:\x8c.|X.{4}|[VS]'?)"  # the text that follows
    rb"(\d+\.\d+(?:\.?(?:\d+|(?:a|b|rc|dev|post)\d+))*)",
    re.DOTALL,
)
"""The version that an estimator leaves in its state; the name and the value are written out where they are first used."""
_NO_EFFECT = frozenset({"PROTO", "FRAME", "MEMOIZE", "PUT", "BINPUT", "LONG_BINPUT"})


def read_pickle(data: bytes, name: str) -> tuple[bytes, bool]:
    """Return the pickle in a file's bytes, uncompressed, and whether joblib wrote it. Raises InvalidModel if it is none."""
    for magic, decompress in _COMPRESSED:
        if data.startswith(magic):
            try:
                data = decompress(data)
            except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
                raise InvalidModel(f"{name} is compressed, and can't be read: {error}.") from error
            return data, True
    if not data.startswith((b"\x80", b"(", b"c")):
        raise InvalidModel(
            f"{name} is no pickle.", hint="Is the suffix right? Model files keep that of their framework."
        )
    return data, b"joblib.numpy_pickle" in data


def imported_modules(data: bytes, *, joblib: bool = False) -> list[str]:
    """Return the modules that unpickling would import, in the order of their first use.

    joblib puts the raw bytes of arrays between the opcodes, so its files are searched for the opcodes' own pattern."""
    if joblib:
        return _searched(data)
    try:
        return _followed(data)
    except ValueError:
        return _searched(data)


def maker_versions(data: bytes) -> dict[str, str]:
    """Return the versions of distributions that wrote the model, as far as the pickle tells: `{"scikit-learn": "1.5.2"}`."""
    found = _SKLEARN_VERSION.search(data)
    return {"scikit-learn": found[1].decode()} if found else {}


def _followed(data: bytes) -> list[str]:
    found: dict[str, None] = {}
    memo: dict[int, str | None] = {}
    recent: list[str | None] = []
    for opcode, value, _ in pickletools.genops(data):
        argument: Any = value
        name = opcode.name
        if name == "MEMOIZE":
            memo[len(memo)] = recent[-1] if recent else None
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[int(argument)] = recent[-1] if recent else None
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            recent.append(memo.get(int(argument)))
        elif name == "GLOBAL":
            found[str(argument).partition(" ")[0]] = None
            recent.append(None)
        elif name == "STACK_GLOBAL":
            if len(recent) >= 2 and (module := recent[-2]) is not None:
                found[module] = None
            recent.append(None)
        elif name == "REDUCE":
            # cloudpickle keeps a module by its name: subimport("numpy"), a text in a tuple of one.
            if len(recent) >= 2 and (named := recent[-2]) is not None and named in sys.modules:
                found[named] = None
            recent.append(None)
        elif "UNICODE" in name:
            recent.append(str(argument))
        elif name not in _NO_EFFECT:
            recent.append(None)
        del recent[:-4]
    return [module for module in found if _MODULE.fullmatch(module)]


def _searched(data: bytes) -> list[str]:
    found: dict[int, str] = {match.start(): match[1].decode() for match in _GLOBAL.finditer(data)}
    for match in _STACK_GLOBAL.finditer(data):
        if match[1][0] == len(match[2]) and match[3][0] == len(match[4]):
            found[match.start()] = match[2].decode()
    return list(dict.fromkeys(found[place] for place in sorted(found)))
