"""The host's use cases: what each message asks for is done here, whoever sent it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from unshelf.contracts.hosting import (
    Awake,
    Because,
    Describe,
    Described,
    Forget,
    Forgotten,
    FromHost,
    InFlight,
    Noted,
    Prepare,
    Serving,
    Stuck,
    ToHost,
    Wake,
    Why,
)  # fmt: skip
from unshelf.host.bundles import Bundles
from unshelf.host.environments import Environments
from unshelf.host.failures import HostFailure
from unshelf.host.fleet import Fleet
from unshelf.host.gpus import Gpus
from unshelf.host.interpreters import Interpreters
from unshelf.host.layout import Layout
from unshelf.host.machine import describe_machine
from unshelf.host.preparing import Preparer
from unshelf.host.routing import Routing
from unshelf.host.uv import Uv

log = logging.getLogger(__name__)

_WITHDRAWAL_SECONDS = 5.0
_WITHDRAWAL_POLL_SECONDS = 0.05


class HostService:
    """Answers messages."""

    def __init__(
        self,
        *,
        layout: Layout,
        uv: Uv,
        interpreters: Interpreters,
        routing: Routing,
        environments: Environments,
        bundles: Bundles,
        fleet: Fleet,
        preparer: Preparer,
        gpus: Gpus,
    ) -> None:
        self._layout = layout
        self._uv = uv
        self._interpreters = interpreters
        self._routing = routing
        self._environments = environments
        self._bundles = bundles
        self._fleet = fleet
        self._preparer = preparer
        self._gpus = gpus

    async def answer(self, request: ToHost, say: Callable[[FromHost], Awaitable[None]]) -> FromHost:
        """The last answer to a request; progress before it goes to `say`. Failures are answers too."""
        try:
            match request:
                case Wake():
                    addresses, how = await self._fleet.wake(request.model, request.version, request.not_address)
                    return Awake(id=request.id, address=addresses[0], addresses=addresses, how=how)
                case InFlight():
                    return Serving(id=request.id, served=self._fleet.take_loads(request.gateway, request.loads))
                case Why():
                    limit = await self._fleet.out_of_memory(request.model, request.version, request.address)
                    return Because(id=request.id, out_of_memory=limit)
                case Stuck():
                    self._fleet.kill_stuck(request.model, request.version, request.address, request.silent_seconds)
                    return Noted(id=request.id)
                case Prepare():
                    return await self._preparer.prepare(request, say)
                case Describe():
                    return Described(
                        id=request.id,
                        machine=await self._machine() if request.machine else {},
                        replicas=self._fleet.facts(),
                    )
                case Forget():
                    await self._forget(request)
                    return Forgotten(id=request.id)
        except HostFailure as failure:
            return failure.answer(request.id)
        except Exception as error:  # one request's fault must not take the others down; the log has the traceback
            log.exception("request failed", extra={"request": type(request).__name__})
            return HostFailure(
                "internal_error",
                f"the host could not do it: {type(error).__name__}: {error}",
                hint="The server's log has more; `unshelf doctor` shows what this machine lacks.",
            ).answer(request.id)

    async def _machine(self) -> dict[str, Any]:
        return await describe_machine(self._layout.home, self._interpreters, self._uv, self._gpus)

    async def _forget(self, request: Forget) -> None:
        bundles = [digest for digest in request.bundles if await self._is_withdrawn(bundle=digest)]
        environments = [name for name in request.environments if await self._is_withdrawn(environment=name)]
        await self._fleet.wait_until_unused(bundles=bundles, environments=environments)
        for digest in bundles:
            await self._bundles.forget(digest)
        for name in environments:
            await self._environments.forget(name)

    async def _is_withdrawn(self, *, bundle: str = "", environment: str = "") -> bool:
        """Whether no version of the routing table has it; waits a little for a table that is on its way."""
        for _ in range(int(_WITHDRAWAL_SECONDS / _WITHDRAWAL_POLL_SECONDS)):
            self._fleet.refresh()
            if not self._routing.references(bundle=bundle, environment=environment):
                return True
            await asyncio.sleep(_WITHDRAWAL_POLL_SECONDS)
        log.error(
            "asked to delete what the routing table still has", extra={"bundle": bundle, "environment": environment}
        )
        return False
