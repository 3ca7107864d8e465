"""Records of a scoring: one a prediction, as a gateway writes them, in segments that become visible all at once."""

import os
import time
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from unshelf.codecs.redaction import redaction_for
from unshelf.contracts.protocols.frames import NATIVE
from unshelf.contracts.records import MAGIC, Common, Own, encode_sheet
from unshelf.contracts.signature import Signature
from unshelf.deploy.scorings.messages import ScoredRows
from unshelf.deploy.scorings.rows.answers import SUCCESS, ChunkAnswer
from unshelf.foundation.ids import new_id
from unshelf.runtime.segment_names import name_segment

_SEGMENT_BYTES = 64 << 20
_MOST_REFERENCE = 200


class RecordWriter:
    """Writes records to segments in a staging folder."""

    def __init__(self, folder: Path, scored: ScoredRows, signature: Signature, *, latest_ns: int = 0) -> None:
        """`latest_ns`: see name_segment."""
        self._folder = folder
        self._latest_ns = latest_ns
        self._scored = scored
        self._redaction = redaction_for(scored.recording, signature)
        params = b"" if scored.params is None else b',"params":' + msgspec.json.encode(scored.params)
        self._rest = params + b"}"
        self._files = ExitStack()
        self._file: BinaryIO | None = None
        self.names: list[str] = []
        """The segments, in order."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in folder.iterdir():  # of an earlier try, which was cut off
            left.unlink()

    def write(self, answer: ChunkAnswer, rows: bytes) -> None:
        """Add the record of an answer. `rows`: the JSON array of its rows."""
        scored = self._scored
        own = Own(
            id=new_id(), time_ns=answer.time_ns or time.time_ns(), latency_us=answer.microseconds, queue_us=0,
            input=b'{"inputs":' + rows + self._rest, output=answer.body, scores=answer.scores,
        )  # fmt: skip
        if self._redaction is not None:
            own = self._redaction.apply(own, wire_protocol=NATIVE, status=answer.status)
        common = Common(
            model=scored.model, version=scored.version, reference=scored.reference[:_MOST_REFERENCE], protocol="native",
            key=scored.actor, content_type="application/json", status=answer.status,
            code="" if answer.status == SUCCESS else answer.code, predict_us=answer.microseconds,
            batch_rows=answer.size, attempts=1, generation=0, purpose=scored.purpose,
        )  # fmt: skip
        self._open().write(encode_sheet(common, [own]))

    def close(self) -> None:
        """Have all of it on the disk."""
        self._close()
        descriptor = os.open(self._folder, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)

    def _open(self) -> BinaryIO:
        if self._file is not None and self._file.tell() >= _SEGMENT_BYTES:
            self._close()
        if self._file is None:
            name = name_segment(self._folder, 0, latest_ns=self._latest_ns)
            self._file = (self._folder / name).open("xb")
            self._file.write(MAGIC)
            self.names.append(name)
        return self._file

    def _close(self) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._file = None


class ChunkLines:
    """The lines of a chunk, by the rows that each has."""

    def __init__(self, content: bytes) -> None:
        self._starts = [0]
        self._texts: list[bytes] = []
        for line in content.splitlines():
            head, _, text = line.partition(b" ")
            self._texts.append(text)
            self._starts.append(self._starts[-1] + int(head))

    def rows(self, ranges: Sequence[tuple[int, int]]) -> bytes:
        """Return the JSON array of some rows: a line as it stands where these are its rows."""
        first = bisect_right(self._starts, ranges[0][0]) - 1
        if list(ranges) == [(self._starts[first], self._starts[first + 1])]:
            return self._texts[first]
        found: list[Any] = []
        for start, stop in ranges:
            place = start
            while place < stop:  # what a version's program left may go over several lines
                line = bisect_right(self._starts, place) - 1
                end = min(stop, self._starts[line + 1])
                parsed: list[Any] = msgspec.json.decode(self._texts[line])
                found += parsed[place - self._starts[line] : end - self._starts[line]]
                place = end
        return msgspec.json.encode(found)


def publish_segments(staging: Path, folder: Path, names: list[str]) -> None:
    """Give segments their place among those of the gateways. Repeating it changes nothing: those that have theirs are passed over."""
    for name in names:
        try:
            (staging / name).rename(folder / name)
        except FileNotFoundError:
            continue
