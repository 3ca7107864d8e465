"""Wakes that gave a worker are counted by how it came to be; those that did not are none."""

import asyncio
from pathlib import Path

from unshelf.contracts.protocols.host import Awake, Failed, FromHost, ToHost, Wake
from unshelf.gateway.telemetry import counters as c
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.workers.counting_host_client import CountingHostClient
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)


def test_only_wakes_that_gave_a_worker_are_counted(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                request = await _requests.read(reader)
                assert isinstance(request, Wake)
                answer: FromHost = Awake(id=request.id, address="unix:w", how="forked")
                if request.model == "paused":
                    answer = Failed(id=request.id, code="paused", detail="It is paused.")
                writer.write(frame_message(answer))
        except EOFError:
            writer.close()

    async def story() -> list[int]:
        counters = Counters(tmp_path / "metrics", 0)
        server = await asyncio.start_unix_server(serve, tmp_path / "h")
        client = CountingHostClient(str(tmp_path / "h"), counters)
        keeping = asyncio.create_task(client.keep_connected(lambda: None))
        for _ in range(2):
            assert isinstance(await client.wake("iris", 1, None), Awake)
        assert isinstance(await client.wake("paused", 1, None), Failed)
        keeping.cancel()
        await asyncio.wait([keeping])
        server.close()
        assert counters.version("paused", 1)[c.WAKES] == 0
        return counters.version("iris", 1)[c.WAKES : c.WAKES + 6].tolist()

    cells = asyncio.run(story())
    assert cells[0] == 2
    assert cells[2:] == [0, 0, 0, 0], "neither spawned nor running already"
