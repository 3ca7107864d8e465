"""Reads the routing state that control publishes: only the parts that changed, and the last good ones when one can't be read."""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import FieldInfo

from unshelf.contracts.routing import (
    INDEX_FILE,
    PART_SUFFIX,
    ROUTING_FOLDER,
    KeyRoute,
    ModelRoute,
    RoutingIndex,
    RoutingTable,
    VersionRoute,
    model_of,
    part_digest,
    shard_of,
)
from unshelf.runtime.file_watch import poll_or_watch

logger = logging.getLogger(__name__)

_SLICE_SECONDS = 0.001
_PAUSE_SECONDS = 0.0005
"""How long a reading thread works before it lets the event loop have the interpreter, and for how long."""

Part = ModelRoute | dict[str, KeyRoute] | dict[str, list[str]]


def _with_raw_versions(field: FieldInfo) -> tuple[str, Any] | tuple[str, Any, Any]:
    if field.name == "versions":
        return field.name, dict[int, msgspec.Raw]
    if field.default_factory is not msgspec.NODEFAULT:
        return field.name, field.type, msgspec.field(default_factory=field.default_factory)
    return field.name, field.type, msgspec.field(default=field.default)


_MODEL_FIELDS = msgspec.structs.fields(ModelRoute)
# A model's part with its versions undecoded: a long history is decoded version by version. Made of the fields of ModelRoute, so that
# none can be forgotten.
_StoredModel = msgspec.defstruct("_StoredModel", [_with_raw_versions(each) for each in _MODEL_FIELDS], kw_only=True)

_index_decoder = msgspec.json.Decoder(RoutingIndex)
_model_decoder = msgspec.json.Decoder(_StoredModel)
_version_decoder = msgspec.json.Decoder(VersionRoute)
_keys_decoder = msgspec.json.Decoder(dict[str, KeyRoute])
_warm_decoder = msgspec.json.Decoder(dict[str, list[str]])


class RoutingChange(msgspec.Struct, frozen=True, kw_only=True):
    """The difference between two generations."""

    generation: int
    models: dict[str, ModelRoute | None] = {}
    """By name; None: the model is gone."""
    keys: dict[str, dict[str, KeyRoute]] = {}
    """By shard: its keys by the SHA-256 of their tokens; empty: the shard is gone."""
    warm: dict[str, list[str]] | None = None
    """None: as before."""
    unreadable: int = 0
    """Parts that can't be read; what was known of them stays in force."""


class RoutingReader:
    """Reads changes from the routing folder. Not safe for several threads at once, except `is_stale`."""

    def __init__(self, run_folder: Path) -> None:
        self._folder = run_folder / ROUTING_FOLDER
        self._path = self._folder / INDEX_FILE
        self._seen: tuple[int, int, int] | None = None
        self._index: RoutingIndex | None = None
        self._loaded: dict[str, str] = {}
        self._complaints: dict[str, str] = {}
        self._models: dict[str, ModelRoute] = {}
        self._replaced: list[ModelRoute] = []
        """Kept until `release_replaced`: the last reference to a model must not go where the event loop would wait for it."""
        self.is_incomplete = False
        """Whether a part could not be read at the last attempt."""

    def is_stale(self) -> bool:
        """Whether another index is there than the one that was read last."""
        try:
            return self._identity() != self._seen
        except OSError:
            return False

    def read(self, pause: Callable[[], None] = lambda: None) -> RoutingChange | None:
        """Read what changed since the last call; None when nothing did, and when the index can't be read.

        `pause` is called between slices of the work, each well below a millisecond for versions of usual size."""
        if self.is_stale():
            if not self._read_index():
                return None
        elif not self.is_incomplete:
            return None
        return None if self._index is None else self._read_parts(self._index, pause)

    def release_replaced(self, pause: Callable[[], None]) -> None:
        """Free the models that the applied changes replaced: of many, that takes longer than an event loop may stand still."""
        while self._replaced:
            self._replaced.pop()
            pause()

    def _read_index(self) -> bool:
        try:
            # The facts are taken before the content is read: an index replaced in between is read again at the next look.
            seen = self._identity()
            content = self._path.read_bytes()
            self._seen = seen  # only now: a file that could not be opened may be readable the next time
            self._index = _index_decoder.decode(content)
        except FileNotFoundError:
            return False
        except (OSError, msgspec.MsgspecError) as error:
            self._complain(INDEX_FILE, "The routing index can't be read; the last good one stays in force.", error)
            return False
        self._complaints.pop(INDEX_FILE, None)
        return True

    def _read_parts(self, index: RoutingIndex, pause: Callable[[], None]) -> RoutingChange | None:
        models: dict[str, ModelRoute | None] = {}
        keys: dict[str, dict[str, KeyRoute]] = {}
        warm: dict[str, list[str]] | None = None
        unreadable = 0
        was_incomplete, self.is_incomplete = self.is_incomplete, False
        for part, digest in index.parts.items():
            if self._loaded.get(part) == digest:
                continue
            try:
                content = read_part(self._folder, digest)
                if name := model_of(part):
                    models[name] = self._replace(name, _decode_model(content, pause))
                elif shard := shard_of(part):
                    keys[shard] = _keys_decoder.decode(content)
                else:
                    warm = _warm_decoder.decode(content)
            except (OSError, ValueError, msgspec.MsgspecError) as error:
                self.is_incomplete = True
                if self.is_stale():  # swept after it was replaced: the new index has the answer
                    continue
                unreadable += 1
                self._complain(part, "A part of the routing state can't be read; what was known of it stays.", error)
                continue
            self._loaded[part] = digest
            self._complaints.pop(part, None)
            pause()
        for part in self._loaded.keys() - index.parts.keys():
            del self._loaded[part]
            if name := model_of(part):
                models[name] = self._replace(name, None)
            elif shard := shard_of(part):
                keys[shard] = {}
            else:
                warm = {}
        if was_incomplete and not models and not keys and warm is None and unreadable:
            return None  # still the same
        return RoutingChange(generation=index.generation, models=models, keys=keys, warm=warm, unreadable=unreadable)

    def _replace(self, name: str, model: ModelRoute | None) -> ModelRoute | None:
        if name in self._models:
            self._replaced.append(self._models.pop(name))
        if model is not None:
            self._models[name] = model
        return model

    def _identity(self) -> tuple[int, int, int]:
        facts = self._path.stat()
        return facts.st_mtime_ns, facts.st_ino, facts.st_size

    def _complain(self, what: str, message: str, error: Exception) -> None:
        text = str(error)
        if self._complaints.get(what) != text:
            self._complaints[what] = text
            logger.error(message, extra={"part": what, "error": text})


class RoutingWatch:
    """Follows the routing state from an event loop: parts are read by a thread and applied by the loop in one step."""

    def __init__(self, run_folder: Path, apply: Callable[[RoutingChange], None]) -> None:
        self._folder = run_folder / ROUTING_FOLDER
        self._reader = RoutingReader(run_folder)
        self._apply = apply
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="routing")
        self._reading: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Read and apply what is there, at once: for the start, when nothing else is served yet."""
        change = self._reader.read()
        if change is not None:
            self._apply(change)

    def is_stale(self) -> bool:
        """Whether something was published that is not applied yet; costs one look at the disk."""
        return self._reading is not None or self._reader.is_stale()

    async def catch_up(self) -> None:
        """Return when everything that was published before this call is applied, as far as it can be read."""
        for _ in range(2):  # the reading under way may have begun before the last publication
            if not self.is_stale():
                return
            await self._read()

    async def watch(self) -> None:
        """Apply every change as soon as it is published, until cancelled. A part that can't be read is tried again."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        changed = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(poll_or_watch(self._folder, changed.set))
            while True:
                await changed.wait()
                changed.clear()
                if self.is_stale() or self._reader.is_incomplete:
                    await self._read()

    async def _read(self) -> None:
        """Wait for a reading to be applied. It goes on when the one who waits is cancelled: what was read must not be lost."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._read_and_apply())
        await asyncio.shield(self._reading)

    async def _read_and_apply(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            change = await loop.run_in_executor(self._thread, self._reader.read, _pacer())
            if change is not None:
                self._apply(change)
                del change
                await loop.run_in_executor(self._thread, self._reader.release_replaced, _pacer())
        finally:
            self._reading = None


def read_part(folder: Path, digest: str) -> bytes:
    """Return the content of a part. Raises OSError, and ValueError for one that is damaged."""
    content = (folder / f"{digest}{PART_SUFFIX}").read_bytes()
    if part_digest(content) != digest:
        raise ValueError("its content does not match its name")
    return content


def read_routing(run_folder: Path) -> RoutingTable:
    """The whole routing state, for a process that needs it once; an empty one when none was published yet."""
    change = RoutingReader(run_folder).read() or RoutingChange(generation=0)
    models = {name: model for name, model in change.models.items() if model is not None}
    keys = {digest: key for shard in change.keys.values() for digest, key in shard.items()}
    return RoutingTable(generation=change.generation, models=models, keys=keys, warm=change.warm or {})


def _decode_model(content: bytes, pause: Callable[[], None]) -> ModelRoute:
    stored: Any = _model_decoder.decode(content)
    versions: dict[int, VersionRoute] = {}
    for number, raw in stored.versions.items():
        versions[number] = _version_decoder.decode(raw)
        pause()
    others = {each.name: getattr(stored, each.name) for each in _MODEL_FIELDS if each.name != "versions"}
    return ModelRoute(versions=versions, **others)


def _pacer() -> Callable[[], None]:
    """A pause for a thread beside an event loop: sleeps shortly whenever it has worked for a slice."""
    began = time.perf_counter()

    def pause() -> None:
        nonlocal began
        if time.perf_counter() - began > _SLICE_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            began = time.perf_counter()

    return pause
