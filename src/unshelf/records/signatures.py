"""Signatures of the versions whose records become columns, from the routing state: the index, and the parts of the models asked for."""

import logging
from pathlib import Path
from typing import Protocol

import msgspec

from unshelf.contracts.routing import INDEX_FILE, ROUTING_FOLDER, RoutingIndex, model_of
from unshelf.contracts.signature import Signature
from unshelf.runtime.routing_file import read_part

logger = logging.getLogger(__name__)


class Signatures(Protocol):
    """Signatures by model and version; a plain dictionary is one."""

    def get(self, key: tuple[str, int], /) -> Signature | None:
        """The signature of a version; None: it is not known, and its records have no columns of their own."""
        ...


class _Version(msgspec.Struct, frozen=True):
    signature: Signature


class _Model(msgspec.Struct, frozen=True):
    """The fields of a model's part that say what its columns are."""

    versions: dict[int, _Version]


_index_decoder = msgspec.json.Decoder(RoutingIndex)
_model_decoder = msgspec.json.Decoder(_Model)


class PublishedSignatures:
    """Signatures as they are published, for a process that needs those of few models and lives for one piece of work."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder / ROUTING_FOLDER
        self._digests: dict[str, str] = {}
        self._models: dict[str, dict[int, _Version]] = {}
        self._read_index()

    @property
    def models(self) -> set[str]:
        """The names of all models there are."""
        return set(self._digests)

    def get(self, key: tuple[str, int], /) -> Signature | None:
        """The signature of a version; None: there is no such version, or its model's part can't be read, which is logged."""
        name, number = key
        if name not in self._models:
            self._models[name] = self._read(name)
        version = self._models[name].get(number)
        return None if version is None else version.signature

    def _read(self, name: str) -> dict[int, _Version]:
        if name not in self._digests:
            return {}
        try:
            try:
                content = read_part(self._folder, self._digests[name])
            except FileNotFoundError:  # replaced since the index was read, and swept
                self._read_index()
                if name not in self._digests:
                    return {}
                content = read_part(self._folder, self._digests[name])
            return _model_decoder.decode(content).versions
        except (OSError, ValueError) as error:
            logger.error("The signatures of a model can't be read.", extra={"model": name, "error": str(error)})
            return {}

    def _read_index(self) -> None:
        try:
            index = _index_decoder.decode((self._folder / INDEX_FILE).read_bytes())
        except FileNotFoundError:
            return  # nothing was published yet
        except (OSError, ValueError) as error:
            logger.error("The routing index can't be read.", extra={"error": str(error)})
            return
        self._digests = {name: digest for part, digest in index.parts.items() if (name := model_of(part))}
