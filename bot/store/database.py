"""The worker's door to Postgres: an engine that is made on first use, and short transactions.

Connections are opened inside the job, after RQ's fork (RELIABILITY §3.1). A process that stops in
mid-transaction is cut off by the server after 15 s, so that its locks hold up nobody.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from bot.errors import Defect, Unavailable

OPTIONS = "-c statement_timeout=30000 -c lock_timeout=10000 -c idle_in_transaction_session_timeout=15000"


_engines: dict[tuple[str, str], Engine] = {}
"""One engine an address for the life of the process: it keeps compiled statements, which a fork inherits."""


class Database:
    """One Postgres database. `url` is libpq's form. Use from any thread; close when done."""

    def __init__(self, url: str, *, application: str = "mlwright") -> None:
        self.url = url
        self._application = application

    @property
    def engine(self) -> Engine:
        """The process's engine for this address; opens nothing by itself."""
        key = (self.url, self._application)
        if key not in _engines:
            _engines[key] = create_engine(
                self.url.replace("postgresql://", "postgresql+psycopg://", 1),
                pool_size=2,
                max_overflow=4,
                pool_pre_ping=True,
                connect_args={
                    "application_name": self._application,
                    "connect_timeout": 5,
                    "options": OPTIONS,
                },
            )
        return _engines[key]

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed when the block ends well. Raises Unavailable if Postgres is
        away or overloaded."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
        except OperationalError as error:
            raise Unavailable(f"The database did not answer: {_first_line(error)}", after_s=5) from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise Unavailable(
                    f"The connection to the database was lost: {_first_line(error)}", after_s=5
                ) from error
            raise

    def close(self) -> None:
        """Closes every idle connection; the next use opens new ones."""
        self.engine.dispose()


class Rehearsal(Database):
    """The same database, in which nothing ever happens: all transactions are parts of one that is rolled
    back."""

    def __init__(self, database: Database) -> None:
        super().__init__(database.url, application=database._application)
        self._connection: Connection | None = None

    @contextmanager
    def open(self) -> Iterator["Rehearsal"]:
        """Within the block, `transaction` works and leaves no trace. Raises Unavailable."""
        try:
            with self.engine.connect() as connection:
                # without it each session would begin, and commit, a transaction of its own
                connection.begin()
                self._connection = connection
                yield self
                connection.rollback()
        except OperationalError as error:
            raise Unavailable(f"The database did not answer: {_first_line(error)}", after_s=5) from error
        finally:
            self._connection = None
            self.close()

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session on a savepoint. Raises Defect outside `open`."""
        if self._connection is None:
            raise Defect("A rehearsal is not open.")
        with (
            Session(self._connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session,
            session.begin(),
        ):
            yield session


def _first_line(error: DBAPIError) -> str:
    return str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
