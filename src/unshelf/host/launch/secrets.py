"""Secrets of models as the host holds them: in memory, and encrypted in a file, so that workers start while control is down."""

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from unshelf.host.errors import HostFailure
from unshelf.runtime.durable import replace_file
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

logger = logging.getLogger(__name__)

_ABOUT = "the host's copy of secrets"
_PATIENCE_SECONDS = 10.0
"""How long a start waits for secrets that control has yet to bring; it looks every two seconds whether they are missing."""
_RETRY_SECONDS = 2.0


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """The secrets of one model."""

    revision: int = 0
    values: dict[str, str] = {}

    def __repr__(self) -> str:
        """Name the variables alone."""
        return f"Held({self.revision}, {sorted(self.values)})"


class _Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The file: what is in it is sealed as a whole."""

    key_id: str
    content: bytes


_NONE = Held()
_models = msgspec.msgpack.Decoder(dict[str, Held])
_copies = msgspec.msgpack.Decoder(_Copy)


class Secrets:
    """Takes secrets from control and gives each start those of its model, never older ones than are published."""

    def __init__(self, file: Path, sealer: Sealer) -> None:
        """Take up the copy of the last host, if there is one."""
        self._file = file
        self._sealer = sealer
        self._writing = asyncio.Lock()
        self._changed = asyncio.Condition()
        self._held = self._read()

    async def hold(self, model: str, revision: int, values: Mapping[str, str]) -> None:
        """Have these be the secrets of a model, for workers that start from now on; revision 0: it has none any more."""
        async with self._changed:
            if revision:
                self._held[model] = Held(revision=revision, values=dict(values))
            else:
                self._held.pop(model, None)
            self._changed.notify_all()
        async with self._writing:
            await asyncio.to_thread(self._write, dict(self._held))

    def revisions(self) -> dict[str, int]:
        """The models whose secrets are held."""
        return {model: held.revision for model, held in self._held.items()}

    def known(self, model: str, revision: int) -> Held | None:
        """The secrets of a model where the published revision, or a later one, is held."""
        if not revision:
            return _NONE
        held = self._held.get(model)
        return held if held is not None and held.revision >= revision else None

    async def wait_for(self, model: str, revision: int) -> Held:
        """The secrets of a model, once the published revision is held. Raises HostFailure."""
        held = self.known(model, revision)
        if held is not None:
            return held
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._changed:
                await self._changed.wait_for(lambda: self.known(model, revision) is not None)
        except TimeoutError:
            raise HostFailure(
                "unavailable",
                f"the secrets of {model} are not here yet",
                hint="Control brings them; the server's log says why it does not. `unshelf secrets list` shows whether they can be read.",
                step="start",
                retry_after=_RETRY_SECONDS,
            ) from None
        return self.known(model, revision) or _NONE

    def _read(self) -> dict[str, Held]:
        """Read the file. One that can't be read is passed over: control brings the secrets again."""
        try:
            copy = _copies.decode(self._file.read_bytes())
            plain = self._sealer.open(Sealed(key_id=copy.key_id, content=copy.content), about=_ABOUT)
            return _models.decode(plain)
        except FileNotFoundError:
            return {}
        except (OSError, SealBroken, msgspec.MsgspecError) as error:
            reason = str(error) if isinstance(error, SealBroken) else type(error).__name__
            logger.warning("the copy of secrets can't be read; control brings them again", extra={"reason": reason})
            return {}

    def _write(self, held: dict[str, Held]) -> None:
        try:
            if not held:
                self._file.unlink(missing_ok=True)
                return
            sealed = self._sealer.seal(msgspec.msgpack.encode(held), about=_ABOUT)
            replace_file(self._file, msgspec.msgpack.encode(_Copy(key_id=sealed.key_id, content=sealed.content)))
        except (OSError, SealBroken) as error:  # such as a full disk: they are held in memory all the same
            logger.warning("the copy of secrets can't be written", extra={"reason": str(error)})
