"""The recorder: every outcome is in the page cache, one write a loop tick, before its caller hears of it."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from unshelf.contracts.records import Own, encode_sheet
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.prediction import Prediction, RecordBatch
from unshelf.gateway.records.batch import conclude, divide, sheet_of
from unshelf.gateway.records.group_commit import GroupCommit
from unshelf.gateway.records.segment import Segment
from unshelf.gateway.records.wall_clock import WallClock

ROLL_SECONDS = 3600.0
"""Segments with records are closed whenever the clock (UTC) comes to a multiple of this, however small they are, so that they become
Parquet and grow old: at the full hour, at which windows of records end, too."""
_ROLL_LATE = 0.2
"""So that a clock that is read a moment early does not tell of the hour before."""
_REDACT_ASIDE = 64 << 10
"""Bodies from this size on are redacted in a thread."""
_COMPLAIN_SECONDS = 1.0
_LOOK_SECONDS = 1.0
"""Between two looks at the clock."""

logger = logging.getLogger(__name__)


class Recorder:
    """Collects the outcomes of one tick of the loop, writes them at once, then releases their answers."""

    on_failure: Callable[[list[Prediction]], None] | None = None
    """Called with predictions that could not be recorded; may set `working` once they could be."""

    def __init__(
        self,
        folder: Path,
        *,
        gateway: int,
        segment_bytes: int,
        roll_seconds: float = ROLL_SECONDS,
        counted: Callable[[int, int], None] = lambda _recorded, _lost: None,
        settling: Callable[[Sequence[RecordBatch]], None] = lambda _divided: None,
    ) -> None:
        """`counted` is called with `recorded` and `lost` when they change, `settling` with predictions about to be answered."""
        self.answered = 0
        """Outcomes that callers heard; equal to `recorded + lost`, but for what is under way."""
        self.recorded = 0
        """Outcomes that stand in a segment."""
        self.lost = 0
        """Outcomes that could not be recorded, whether their callers heard 503 or, where the model's owner wants that, the
        answer."""
        self.working = True
        """Whether the last write went well."""
        self._counted = counted
        self._settling = settling
        self._folder = folder
        self._gateway = gateway
        self._segment_bytes = segment_bytes
        self._roll_seconds = roll_seconds
        self._loop = asyncio.get_running_loop()
        self._batch: list[Prediction] = []
        self._redacted: dict[Prediction, Own] = {}
        """Redacted bodies, by record, of those in the batch that were redacted off the event loop."""
        self._segment: Segment | None = None
        self._flusher = GroupCommit(self._flushed)
        self._redacting = ThreadPoolExecutor(1, thread_name_prefix="redact")
        self._complained_at = -_COMPLAIN_SECONDS
        self._clock = WallClock()
        self._look = self._loop.call_later(_LOOK_SECONDS, self._look_at_clock)
        self._rolling = self._loop.call_later(self._until_roll(), self._roll)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._segment = Segment(folder, gateway)
        except OSError as error:  # each prediction will try again, and hear of it as its model's owner chose
            self.working = False
            logger.error("no segment can be begun", extra={"error": str(error)})

    def add(self, prediction: Prediction) -> None:
        """Take an outcome; `prediction.outcome` is done when it is recorded: written in this tick of the loop, unless it is
        large and must be redacted, and flushed to the disk where its version wants that."""
        if not self._waits(prediction):
            self._add(prediction)

    def add_answered(self, predictions: list[Prediction]) -> None:
        """The same for those whose answers came together: they are written before this returns, with those that waited."""
        self._batch += [
            each for each in predictions if (each.pending is None and each.redaction is None) or not self._waits(each)
        ]
        self.flush()

    def flush(self) -> None:
        """Write what is there, and release the answers. What can't be recorded is not answered as if it were."""
        batch, self._batch = self._batch, []
        if not batch:
            return
        conclude(batch)
        divided = divide(batch)
        try:
            segment = self._append(b"".join(map(self._sheet, divided)))
        except OSError as error:
            self._fail(batch, error)
            return
        self.working = True
        self.recorded += len(batch)
        self._counted(self.recorded, self.lost)
        waiting = [alike for alike in divided if alike[0].recording.durability == "disk"]
        if waiting:
            self._flusher.add(segment, list(chain.from_iterable(waiting)))
            divided = [alike for alike in divided if alike[0].recording.durability != "disk"]
        self._release(divided)

    def close(self) -> None:
        """Write what is left and close the segment."""
        self._look.cancel()
        self._rolling.cancel()
        self._redacting.shutdown(wait=True)
        self.flush()
        self._flusher.close()
        if self._segment is not None:
            self._segment.close()
            self._segment = None

    def _waits(self, prediction: Prediction) -> bool:
        """Whether its record waits for work that is done beside the loop; it is added when that is done."""
        if prediction.pending is not None and not prediction.pending.done():
            prediction.pending.add_done_callback(lambda _: self.add(prediction))
            return True
        if prediction.redaction is None or len(prediction.body) + len(prediction.output) < _REDACT_ASIDE:
            return False

        def redacted(done: asyncio.Future[Own]) -> None:
            self._redacted[prediction] = done.result()
            self._add(prediction)

        conclude([prediction])
        work = self._loop.run_in_executor(self._redacting, _redact, prediction)
        work.add_done_callback(redacted)
        return True

    def _sheet(self, alike: RecordBatch) -> bytes:
        """Their records as they are written."""
        if alike[0].redaction is None:
            return sheet_of(alike)
        own = [self._redacted.pop(each) if each in self._redacted else _redact(each) for each in alike]
        return encode_sheet(alike[0].common(), own)

    def _add(self, prediction: Prediction) -> None:
        if not self._batch:
            self._loop.call_soon(self.flush)
        self._batch.append(prediction)

    def _append(self, data: bytes) -> Segment:
        """Write to the segment, or to the next one; gives the one that was written."""
        segment = self._segment
        if self._clock.was_set_back():
            # What was written before has times that lie ahead: what comes now stands behind it, in a segment that says so.
            segment = self._next_segment(after_ns=0 if segment is None else segment.follows_ns + 1)
        elif segment is None or segment.size >= self._segment_bytes:
            segment = self._next_segment()
        try:
            segment.append(data)
        except OSError:
            segment.close()
            self._segment = None
            raise
        return segment

    def _next_segment(self, *, after_ns: int = 0) -> Segment:
        """`after_ns`: a moment that its records came after, beside all that the clock showed."""
        # The next one is opened first: when that fails, the error is about this batch and the old one stays.
        segment = Segment(self._folder, self._gateway, latest_ns=max(self._clock.latest_ns, after_ns))
        self._clock.begin_anew()
        if self._segment is not None:
            self._segment.close()
        self._segment = segment
        return segment

    def _roll(self) -> None:
        """Close the segment if it has records."""
        segment = self._segment
        if segment is not None and not segment.is_empty:
            try:
                self._next_segment()
            except OSError as error:
                logger.error("no new segment can be begun; the old one stays", extra={"error": str(error)})
        self._rolling = self._loop.call_later(self._until_roll(), self._roll)

    def _look_at_clock(self) -> None:
        self._clock.was_set_back()
        if self._clock.jumped():  # the next full hour is not as far away as it was
            self._rolling.cancel()
            self._rolling = self._loop.call_later(self._until_roll(), self._roll)
        self._look = self._loop.call_later(_LOOK_SECONDS, self._look_at_clock)

    def _until_roll(self) -> float:
        return self._roll_seconds - time.time() % self._roll_seconds + _ROLL_LATE

    def _flushed(self, predictions: list[Prediction], error: OSError | None) -> None:
        """Settle flushed records. After a failed flush nothing says whether they survive, so they count as lost."""
        if error is None:
            self._release(divide(predictions))
            return
        self.recorded -= len(predictions)
        self._counted(self.recorded, self.lost)
        if self._segment is not None:
            self._segment.close()
            self._segment = None
        self._fail(predictions, error)

    def _fail(self, predictions: list[Prediction], error: OSError) -> None:
        """Release them unrecorded: each as its model's owner wants."""
        self.working = False
        self.lost += len(predictions)
        self._counted(self.recorded, self.lost)
        if self.on_failure is not None:
            self.on_failure(predictions)
        if time.monotonic() - self._complained_at >= _COMPLAIN_SECONDS:  # a full disk is met a thousand times a second
            self._complained_at = time.monotonic()
            logger.error(
                "predictions can't be recorded",
                extra={"count": len(predictions), "lost": self.lost, "error": str(error)},
            )
        for prediction in predictions:
            if prediction.recording.on_failure == "refuse":
                prediction.refuse(_unrecordable())
        self._release(divide(predictions))

    def _release(self, divided: Sequence[RecordBatch]) -> None:
        """Their callers may hear."""
        self.answered += sum(map(len, divided))
        self._settling(divided)
        for prediction in chain.from_iterable(divided):
            try:
                prediction.settle()
            except Exception:  # one answer that can't be sent must not hold up the others
                logger.exception("an answer could not be sent", extra={"prediction": prediction.id})


def _redact(prediction: Prediction) -> Own:
    """The prediction's own fields of the record, redacted."""
    assert prediction.redaction is not None  # noqa: S101 - asked by the caller
    return prediction.redaction.apply(
        Own(*prediction.own()), wire_protocol=prediction.wire_protocol, status=prediction.status
    )


def _unrecordable() -> ProblemError:
    return ProblemError(
        "unavailable", "The server cannot record predictions at the moment, so it gives none.",
        hint="The operator finds the reason in the gateway's log; mostly the disk is full.", retry_after=5,
    )  # fmt: skip
