"""Where work is spread: over threads, processes of this machine, or a Dask cluster, with the same results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeVar

from joblib import Parallel, delayed, parallel_config

from data.errors import DataError, UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")

PATIENCE = "30s"
"""How long a scheduler may take to answer at first."""


@dataclass(frozen=True)
class Workers:
    """Who does the work.

    Attributes
    ----------
    jobs : int
        Processes on this machine, or threads where ``threads``; 1 works in this process.
    dask : str, optional
        Address of a Dask scheduler, ``tcp://host:port``, whose workers have this package; then ``jobs`` is not used.
    threads : bool
        The work waits or lets go of the interpreter, so that processes would cost more than they bring.
    """

    jobs: int = 1
    dask: str | None = None
    threads: bool = False

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """``work`` of each item, in the order of ``items``, each handed on as soon as those before it are done.

        A lost worker's items are done by another one. ``work`` must depend on its item alone: what it returns is then
        the same whoever does it.

        Raises
        ------
        DataError
            When the cluster cannot be reached or is lost.
        """
        calls = (delayed(work)(item) for item in items)
        if self.dask is None:
            yield from Parallel(self.jobs, backend="threading" if self.threads else None, return_as="generator")(calls)
            return
        with _said(self.dask), ExitStack() as stack:
            stack.enter_context(_cluster(self.dask))
            yield from Parallel(return_as="generator")(calls)


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """joblib's calls go to the cluster inside."""
    try:
        from distributed import Client
    except ImportError:
        raise DataError("a Dask cluster needs distributed: pip install 'scale-forecast[dask]'") from None
    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except ValueError as error:
        raise UsageError(f"--dask {address!r} is no address of a scheduler: write tcp://host:port") from error
    with client, parallel_config("dask", client=client):
        yield


@contextmanager
def _said(address: str) -> Iterator[None]:
    """A cluster's errors in one sentence; those of the work itself pass."""
    try:
        yield
    except (DataError, UsageError):
        raise
    except Exception as error:
        if not _is_of_the_cluster(error):
            raise
        raise DataError(
            f"the Dask cluster at {address} cannot be reached or was lost ({type(error).__name__}): what was trained "
            "is kept in the cache; repeat the command to go on from there"
        ) from error


def _is_of_the_cluster(error: BaseException) -> bool:
    """Raised by distributed, or by the network below it."""
    of_dask = type(error).__module__.split(".")[0] in ("distributed", "tornado", "dask")
    return of_dask or isinstance(error, (OSError, TimeoutError)) or "Cancelled" in type(error).__name__
