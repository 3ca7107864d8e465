"""Framed messages between our processes: a little-endian u32 length, then one MessagePack value, on sockets and asyncio streams."""

import asyncio
import socket
import struct
from typing import Any, Generic, TypeVar

import msgspec

MAX_MESSAGE_BYTES = 64 << 20
_LENGTH = struct.Struct("<I")
_RECEIVE_BYTES = 1 << 20

Message = TypeVar("Message")
_encoder = msgspec.msgpack.Encoder()


class MessageTooLarge(ConnectionError):
    """A frame announces more bytes than any message of ours has."""

    def __init__(self, length: int) -> None:
        super().__init__(f"a message of {length} bytes; the limit is {MAX_MESSAGE_BYTES}")


def frame_message(message: msgspec.Struct) -> bytes:
    """Encode a message as one frame."""
    payload = _encoder.encode(message)
    return _LENGTH.pack(len(payload)) + payload


class MessageReader(Generic[Message]):
    """Reader of frames that hold one shape, or one of a union of tagged shapes.

    Both methods raise EOFError when the sender hangs up between messages or in one, MessageTooLarge, and msgspec.MsgspecError
    for what is not of the shape."""

    def __init__(self, shape: Any) -> None:
        self._decoder: msgspec.msgpack.Decoder[Message] = msgspec.msgpack.Decoder(shape)

    async def read(self, stream: asyncio.StreamReader) -> Message:
        """Read the next message from an asyncio stream."""
        length = _checked_length(await stream.readexactly(_LENGTH.size))
        return self._decoder.decode(await stream.readexactly(length))

    def receive(self, connection: socket.socket) -> Message:
        """Receive the next message on a blocking socket; its timeout holds for each piece."""
        length = _checked_length(_receive_exactly(connection, _LENGTH.size))
        return self._decoder.decode(_receive_exactly(connection, length))


def _checked_length(head: bytes | bytearray) -> int:
    length: int = _LENGTH.unpack(head)[0]
    if length > MAX_MESSAGE_BYTES:
        raise MessageTooLarge(length)
    return length


def _receive_exactly(connection: socket.socket, size: int) -> bytearray:
    data = bytearray()
    while len(data) < size:
        piece = connection.recv(min(size - len(data), _RECEIVE_BYTES))
        if not piece:
            raise EOFError("the other side hung up")
        data += piece
    return data
