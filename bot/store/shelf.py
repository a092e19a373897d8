"""Where artifacts lie if not in Postgres: a folder, or a bucket that speaks S3 (`MLWRIGHT_ARTIFACTS`)."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from bot.errors import PersonMustAct, Unavailable

if TYPE_CHECKING:
    from obstore.store import LocalStore, S3Store

AT_ONCE = 16
"""Objects that are written at the same time: a plan has about 300, and each takes a round trip."""
TIMEOUT_S = 5
RETRIES = 1
"""A store that is slower than this must not keep a transaction open: the job is tried again instead (`Database.OPTIONS`)."""
REMEDY = "Correct MLWRIGHT_ARTIFACTS and the AWS_… variables beside it; docs/operate.md tells which rights are needed."


class Shelf:
    """Objects by key. Credentials, region and endpoint of a bucket are found as AWS's own clients find them (environment,
    web identity, container or instance role). Opens nothing before it is used: a fork may inherit it unused."""

    def __init__(self, address: str) -> None:
        self.address = address

    def write(self, objects: Iterable[tuple[str, bytes]]) -> None:
        """Writes all of them, over what stood there. Raises Unavailable or PersonMustAct; some may stand there then."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._write, objects):
                pass

    def read(self, key: str) -> bytes:
        """Raises KeyError if nothing stands there, Unavailable or PersonMustAct if that cannot be told."""
        import obstore

        try:
            with self._told():
                return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise KeyError(key) from None

    def delete(self, keys: Iterable[str]) -> None:
        """Deletes them; what is not there need not be."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._delete, keys):
                pass

    def older(self, than: datetime) -> Iterator[list[str]]:
        """Keys of objects last written before that moment, some at a time."""
        import obstore

        with self._told():
            for page in obstore.list(self._store):
                yield [meta["path"] for meta in page if meta["last_modified"] < than]

    def _write(self, item: tuple[str, bytes]) -> None:
        import obstore

        key, content = item
        try:
            with self._told():
                obstore.put(self._store, key, content, use_multipart=False)
        except FileNotFoundError:
            raise PersonMustAct(f"{self.address}: there is no such bucket or folder.", remedy=REMEDY) from None

    def _delete(self, key: str) -> None:
        import obstore

        try:
            with self._told():
                obstore.delete(self._store, key)
        except FileNotFoundError:
            pass

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Errors of the library in ours; its messages are long and name requests, so only their first line is kept."""
        from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

        try:
            yield
        except FileNotFoundError:
            raise
        except (PermissionDeniedError, UnauthenticatedError, PermissionError) as error:
            raise PersonMustAct(f"{self.address}: {_first_line(error)}", remedy=REMEDY) from None
        except (BaseError, OSError) as error:
            raise Unavailable(f"{self.address} did not answer: {_first_line(error)}", after_s=10) from error

    @cached_property
    def _store(self) -> "LocalStore | S3Store":
        from obstore.store import LocalStore, S3Store

        scheme, _, rest = self.address.partition("://")
        if scheme == "file":
            return LocalStore(rest, mkdir=True)
        bucket, _, prefix = rest.partition("/")
        return S3Store(
            bucket,
            prefix=prefix or None,
            # plain HTTP only where AWS_ENDPOINT_URL itself says so: Amazon's own endpoints are https
            client_options={"allow_http": True, "timeout": f"{TIMEOUT_S}s", "connect_timeout": f"{TIMEOUT_S}s"},
            retry_config={"max_retries": RETRIES, "retry_timeout": timedelta(seconds=2 * TIMEOUT_S)},
        )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
