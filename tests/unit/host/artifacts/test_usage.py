"""A folder that a failed deploy made goes with the last one that used it, unless it was promised to control."""

import asyncio
from collections.abc import Awaitable, Callable

from unshelf.host.artifacts.usage import UsageCounts


def removed_by(story: Callable[[UsageCounts], Awaitable[None]]) -> list[str]:
    removed: list[str] = []

    async def remove(name: str) -> None:
        removed.append(name)

    async def run() -> None:
        await story(UsageCounts(remove))

    asyncio.run(run())
    return removed


def test_a_folder_that_was_made_goes_with_its_last_user() -> None:
    async def story(usage: UsageCounts) -> None:
        async with usage.hold("env"):
            async with usage.hold("env"):
                usage.made("env")
            assert usage.is_held("env")

    assert removed_by(story) == ["env"]


def test_a_folder_that_was_there_before_stays() -> None:
    async def story(usage: UsageCounts) -> None:
        async with usage.hold("env"):
            pass
        assert not usage.is_held("env")

    assert removed_by(story) == []


def test_a_folder_that_is_promised_stays_until_control_lets_it_go() -> None:
    async def story(usage: UsageCounts) -> None:
        async with usage.hold("env"):
            usage.made("env")
            usage.keep("env")
        await usage.let_go("env")

    assert removed_by(story) == ["env"]


def test_one_that_control_lets_go_while_a_deploy_uses_it_goes_afterwards() -> None:
    async def story(usage: UsageCounts) -> None:
        async with usage.hold("env"):
            await usage.let_go("env")
            assert usage.is_held("env")

    assert removed_by(story) == ["env"]
