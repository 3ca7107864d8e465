"""The database's port: sessions that read, transactions that write, and the transaction in which migrations run."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session, sessionmaker

WRITES = "unshelf_writes"
"""The execution option that marks a connection of a transaction that writes."""
BUSY_SECONDS = 10.0
"""How long a transaction waits for its turn before it fails with OperationalError."""


class DatabaseUnavailable(Exception):
    """The database can't be reached, or refuses us."""


class Database(ABC):
    """One database, for any number of threads and processes. What it promises, tests/contract/test_database.py holds every backend to."""

    def __init__(self, engine: Engine, reading: Engine) -> None:
        """`reading`: the same engine with the options that make a session see one state."""
        self._engine = engine
        self._reads = sessionmaker(reading, expire_on_commit=False)
        self._writes = sessionmaker(engine.execution_options(**{WRITES: True}), expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """For tests; everything else reads and writes through sessions."""
        return self._engine

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Open a session that may write: committed at the end, rolled back when anything is raised.

        There is one writer at a time, among all threads and processes, and it is chosen at the beginning: what a transaction
        has read can't change under it, and it never has to be tried again. Keep it short: no call to another process inside.
        One that waits longer than BUSY_SECONDS for its turn raises OperationalError."""
        with self._writes.begin() as session:
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that sees one state of the database and never waits for writers. Whatever it changes is dropped."""
        with self._reads() as session:
            yield session

    @abstractmethod
    def change_mark(self) -> object:
        """Return a value that stays equal for as long as nobody commits anything, in any process.

        It costs a fraction of a query, so that loops that wait for changes ask for them only when there are some. It may differ
        although nothing of ours was written. Raises SQLAlchemyError where the database is away."""

    @abstractmethod
    def restructure(self) -> AbstractContextManager[Connection]:
        """Open the transaction of a migration: a writer as in `transaction`, whose foreign keys are checked at its end."""

    def check(self) -> None:
        """Connect once. Raises DatabaseUnavailable, with what the database says."""
        try:
            with self._engine.connect():
                pass
        except OperationalError as error:
            where = self._engine.url.render_as_string(hide_password=True)
            raise DatabaseUnavailable(f"The database {where} can't be used: {error.orig}".strip()) from error

    def dispose(self) -> None:
        """Close all connections."""
        self._engine.dispose()
