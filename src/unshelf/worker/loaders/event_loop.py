"""The event loop of a model's asynchronous code: made at its first use, it lives as long as the model, as do clients bound to it."""

import importlib
from collections.abc import AsyncIterator, Awaitable, Coroutine, Generator
from typing import Any

_loops: "list[Any]" = []
"""The loop, once there is one. It runs only while the model is called: a thread of its own would keep the model from being forked."""


def settled(answer: Any) -> Any:
    """Return what an answer comes to: the result of an awaitable, a generator for an asynchronous one, anything else as it is."""
    kind = type(answer)
    if kind is list:
        return answer
    while hasattr(kind, "__await__"):
        answer = _loop().run_until_complete(answer)
        kind = type(answer)
    if hasattr(kind, "__anext__") or (hasattr(kind, "__aiter__") and not hasattr(kind, "__iter__")):
        return _chunks(answer)
    return answer


def run(coroutine: "Coroutine[Any, Any, Any]") -> Any:
    """Return the result of a coroutine."""
    return _loop().run_until_complete(coroutine)


def _loop() -> Any:
    # Most models need none of this, and importing it would take a good part of the time in which a worker starts.
    if not _loops:
        _loops.append(importlib.import_module("asyncio").new_event_loop())
    return _loops[0]


def _chunks(source: "AsyncIterator[Any]") -> "Generator[Any, None, None]":
    """Yield the chunks of a source, which one task goes through: what the source opens it can close where it has opened it."""
    asyncio, loop = importlib.import_module("asyncio"), _loop()
    asked, given = asyncio.Queue(), asyncio.Queue()
    task = loop.create_task(_go_through(source, asked, given))
    try:
        while chunk := loop.run_until_complete(_next(asyncio, task, given)):
            yield chunk[0]
            asked.put_nowait(None)
    finally:
        if not task.done():
            task.cancel()
            loop.run_until_complete(_ended(asyncio, task))


async def _go_through(source: "AsyncIterator[Any]", asked: Any, given: Any) -> None:
    try:
        async for chunk in source:
            given.put_nowait((chunk,))
            await asked.get()
    finally:
        close = getattr(source, "aclose", None)
        if close is not None:
            await close()


async def _next(asyncio: Any, task: "Awaitable[None]", given: Any) -> "tuple[Any] | None":
    """Wait for a chunk; None at the end. Raises what the source raises."""
    taking = asyncio.ensure_future(given.get())
    await asyncio.wait({task, taking}, return_when=asyncio.FIRST_COMPLETED)
    if taking.done():
        chunk: tuple[Any] = taking.result()
        return chunk
    taking.cancel()
    await task
    return None


async def _ended(asyncio: Any, task: "Awaitable[None]") -> None:
    try:
        await task
    except asyncio.CancelledError:
        return
