"""SQL over predictions: each query in a process of its own (see query_process), a few at a time."""

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import msgspec

from unshelf.foundation.errors import InvalidInput, Unavailable, UnshelfError
from unshelf.monitor.predictions.question import Answer, Question, Rejection

SECONDS = 30.0
"""How long a query may run; what is not Parquet yet is read within this time too."""
MEMORY_BYTES = 512 << 20
ROWS = 10_000
ANSWER_BYTES = 32 << 20
_THREADS = 2
_AT_ONCE = 2
_GRACE_SECONDS = 5.0
_MOST_SQL = 100_000


class QueryFailed(UnshelfError):
    """The query can't be answered."""

    def __init__(self, rejection: Rejection) -> None:
        super().__init__(rejection.detail, hint=rejection.hint)
        self.code = rejection.code


class Queries:
    """Answers SQL over the predictions in a folder."""

    def __init__(self, folder: Path, routing_table: Path, *, seconds: float = SECONDS) -> None:
        self._folder = folder
        self._routing_table = routing_table
        self._seconds = seconds
        self._free = threading.Semaphore(_AT_ONCE)

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int = ROWS) -> Answer:
        """The rows of one `select` from `predictions`: the records of `model`, or of all models that match the patterns.

        Raises QueryFailed for SQL that is wrong, forbidden, too slow or too large, Unavailable while others are answered."""
        if len(sql) > _MOST_SQL:
            raise InvalidInput(f"a query has at most {_MOST_SQL} characters")
        if not self._free.acquire(timeout=self._seconds):
            raise Unavailable("other queries are being answered", retry_after=self._seconds)
        try:
            with tempfile.TemporaryDirectory(dir=self._routing_table.parent, prefix="query-") as scratch:
                return self._ask(
                    Question(
                        sql=sql, folder=str(self._folder.absolute()), models=None if models is None else list(models),
                        model=model, routing_table=str(self._routing_table.absolute()), scratch=str(Path(scratch).absolute()),
                        seconds=self._seconds, memory_bytes=MEMORY_BYTES, threads=_THREADS, rows=rows,
                        answer_bytes=ANSWER_BYTES,
                    )
                )  # fmt: skip
        finally:
            self._free.release()

    def _ask(self, question: Question) -> Answer:
        # Nothing of this server's environment is within the query's reach.
        environment = {name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ}
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "unshelf.monitor.predictions.query_process"],
                input=msgspec.json.encode(question),
                stdout=subprocess.PIPE,
                env=environment,
                timeout=question.seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            detail = f"the query took longer than {question.seconds:g} seconds"
            raise QueryFailed(Rejection(code="deadline_exceeded", detail=detail, hint="ask for less")) from None
        if done.returncode or not done.stdout:
            detail = "the query took more memory or time than it may"
            raise QueryFailed(Rejection(code="invalid_input", detail=detail, hint="ask for less"))
        said: Answer | Rejection = msgspec.json.decode(done.stdout, type=Answer | Rejection)
        if isinstance(said, Rejection):
            raise QueryFailed(said)
        return said
