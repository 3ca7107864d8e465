"""SQL over predictions: each query runs in a process of its own (see sql_process), a few at a time."""

import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from unshelf.contracts.errors import InvalidInput, UnshelfError
from unshelf.contracts.protocols.records import SqlQuery, SqlRejection, SqlResult
from unshelf.records.query_turns import QueryTurns
from unshelf.runtime.file_lock import held_folder

SECONDS = 30.0
"""How long a query may run, which includes reading what is not Parquet yet."""
MEMORY_BYTES = 512 << 20
ROWS = 10_000
ANSWER_BYTES = 32 << 20
PARQUET_ROWS = 1_000_000
"""The most rows of an answer as Parquet."""
_PARQUET = "answer.parquet"
_THREADS = 2
_GRACE_SECONDS = 5.0
_MOST_SQL = 100_000
_ATTEMPTS = 3
_LEAST_SECONDS = 1.0
_UNCAUGHT = 1
"""The exit status of Python for an exception that nobody caught."""
_MOST_TRACEBACK = 10_000
_PASSED_ON = frozenset({"PATH", "LANG", "PYTHONPATH", "HOME"})


logger = logging.getLogger(__name__)


class QueryFailed(UnshelfError):
    """The query can't be answered."""

    def __init__(self, rejection: SqlRejection) -> None:
        super().__init__(rejection.detail, hint=rejection.hint)
        self.code = rejection.code
        self.again = rejection.again


class Queries:
    """Answers SQL over the predictions in a folder."""

    def __init__(
        self,
        folder: Path,
        run_folder: Path,
        *,
        setting: str = "files",
        s3_endpoint: str = "",
        seconds: float = SECONDS,
    ) -> None:
        """`setting`: where the archive lies, as for the scheduler."""
        self._folder = folder
        self._setting = setting
        self._s3_endpoint = s3_endpoint
        self._run_folder = run_folder
        self._seconds = seconds
        self._turns = QueryTurns()

    async def ask_in_turn(
        self, caller: str, sql: str, *, models: tuple[str, ...] | None, model: str | None
    ) -> SqlResult:
        """As `ask`, when it is this caller's turn; raises TooManyRequests and Unavailable when too many wait already."""
        return await self._turns.run(caller, lambda: self.ask(sql, models=models, model=model))

    async def ask_parquet_in_turn(
        self, caller: str, sql: str, *, models: tuple[str, ...] | None, model: str | None
    ) -> tuple[SqlResult, bytes]:
        """As `ask_in_turn`; the rows come as Parquet, with their types."""
        return await self._turns.run(caller, lambda: self.ask_parquet(sql, models=models, model=model))

    def ask(self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int = ROWS) -> SqlResult:
        """Return the rows of one `select` from `predictions`: the records of `model`, or of all models that match the patterns.

        Raises QueryFailed for SQL that is wrong, forbidden, too slow or too large."""
        return self._ask(self._query(sql, models=models, model=model, rows=rows))[0]

    def ask_parquet(
        self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int = PARQUET_ROWS
    ) -> tuple[SqlResult, bytes]:
        """As `ask`: the result without its rows, and a Parquet file of them."""
        return self._ask(self._query(sql, models=models, model=model, rows=rows, parquet=_PARQUET))

    def _query(
        self, sql: str, *, models: tuple[str, ...] | None, model: str | None, rows: int, parquet: str = ""
    ) -> SqlQuery:
        if len(sql) > _MOST_SQL:
            raise InvalidInput(f"A query has at most {_MOST_SQL} characters.")
        return SqlQuery(
            sql=sql, folder=str(self._folder.absolute()), predictions=self._setting, s3_endpoint=self._s3_endpoint,
            models=None if models is None else list(models), model=model, scratch="",
            run_folder=str(self._run_folder.absolute()), seconds=self._seconds, memory_bytes=MEMORY_BYTES,
            threads=_THREADS, rows=rows, answer_bytes=ANSWER_BYTES, parquet=parquet,
        )  # fmt: skip

    def _ask(self, query: SqlQuery) -> tuple[SqlResult, bytes]:
        """Answer a query; once more where files were merged or moved while it read them."""
        ends = time.monotonic() + query.seconds
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._try(query)
            except QueryFailed as failure:
                left = ends - time.monotonic()
                if not failure.again or left < _LEAST_SECONDS:
                    raise
                query = msgspec.structs.replace(query, seconds=left)
        return self._try(query)

    def _try(self, query: SqlQuery) -> tuple[SqlResult, bytes]:
        with held_folder(self._run_folder, "query") as folder:
            result = self._run(msgspec.structs.replace(query, scratch=str(folder)))
            return result, (folder / query.parquet).read_bytes() if query.parquet else b""

    def _run(self, question: SqlQuery) -> SqlResult:
        # Nothing of this server's environment is within the query's reach, except the way to S3, which SQL can't read.
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in _PASSED_ON or (question.predictions != "files" and name.startswith("AWS_"))
        }
        try:
            done = subprocess.run(
                [sys.executable, "-P", "-m", "unshelf.records.sql_process"],
                input=msgspec.json.encode(question),
                capture_output=True,
                env=environment,
                timeout=question.seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            detail = f"The query took longer than {question.seconds:g} seconds."
            raise QueryFailed(SqlRejection(code="deadline_exceeded", detail=detail, hint="Ask for less.")) from None
        if done.returncode == _UNCAUGHT:
            logger.error(
                "a query's process failed", extra={"traceback": done.stderr[-_MOST_TRACEBACK:].decode(errors="replace")}
            )
            raise QueryFailed(
                SqlRejection(
                    code="internal_error", detail="The query could not be answered.", hint="The server's log says why."
                )
            )
        if done.returncode or not done.stdout:
            detail = "The query took more memory or time than it may."
            raise QueryFailed(SqlRejection(code="invalid_input", detail=detail, hint="Ask for less."))
        said: SqlResult | SqlRejection = msgspec.json.decode(done.stdout, type=SqlResult | SqlRejection)
        if isinstance(said, SqlRejection):
            raise QueryFailed(said)
        return said
