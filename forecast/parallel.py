"""Where work is spread: over threads, processes of this machine, or a Dask cluster, with the same results."""

from __future__ import annotations

import functools
import logging
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sized
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from joblib import Parallel, delayed, parallel_config
from threadpoolctl import ThreadpoolController

from scale_forecast.cache.fingerprint import LIBRARIES, computing_fingerprint
from scale_forecast.data.errors import DataError, UsageError

Item = TypeVar("Item")
Result = TypeVar("Result")
Given = ParamSpec("Given")

PATIENCE = "30s"
"""How long a scheduler may take to answer at first."""
WORKER_PATIENCE = "180s"
"""How long a cluster may be without any worker at first: its nannies may be starting others for those that died."""


def ignore_progress(done: int, total: int) -> None:
    """Where progress goes when nobody looks; a function of its own, so that what holds workers can be pickled."""


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
    progress : callable
        Told how many items are done, and of how many where that is known beforehand.
    """

    jobs: int = 1
    dask: str | None = None
    threads: bool = False
    progress: Callable[[int, int], None] = ignore_progress

    def __post_init__(self) -> None:
        """Refuses an address that is none at once: the client would try it for a minute first."""
        address = re.fullmatch(
            r"(?:tcp|tls|ucx|ws|wss)://(?:\[[0-9a-fA-F:.]+\]|[^\s/:]+):([0-9]{1,5})", self.dask or ""
        )
        if self.dask is not None and (address is None or not 0 < int(address[1]) < 65536):
            raise UsageError(f"--dask {self.dask!r} is no address of a scheduler: write tcp://host:port")

    def map(self, work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """``work`` of each item, in the order of ``items``, each handed on as soon as those before it are done.

        What a lost Dask worker had to do is done by another one. ``work`` must depend on its item alone: what it
        returns is then the same whoever does it, since linear algebra has one thread wherever it runs (`one_thread`).

        Raises
        ------
        DataError
            When the cluster cannot be reached or is lost, or a process of this machine was killed.
        """
        total = len(items) if isinstance(items, Sized) else None
        for done, result in enumerate(
            self._results(work, items, self.jobs if total is None else min(self.jobs, total))
        ):
            if total is not None:
                self.progress(done + 1, total)
            yield result

    def _results(self, work: Callable[[Item], Result], items: Iterable[Item], jobs: int) -> Iterator[Result]:
        alone = functools.partial(_alone, work)
        if self.dask is not None:
            with _say_cluster_errors(self.dask), ExitStack() as stack:
                stack.enter_context(_cluster(self.dask))
                told = functools.partial(_require_same_versions, work, computing_fingerprint())
                yield from Parallel(return_as="generator")(delayed(told)(item) for item in items)
        elif jobs <= 1:
            yield from map(alone, items)
        elif self.threads:
            with one_thread():
                yield from Parallel(jobs, backend="threading", return_as="generator")(
                    delayed(work)(item) for item in items
                )
        else:
            try:
                yield from Parallel(jobs, return_as="generator")(delayed(alone)(item) for item in items)
            except BrokenProcessPool as error:
                raise DataError(
                    f"one of the {jobs} processes was killed, perhaps for want of memory: ask for fewer --jobs; what a "
                    "backtest had finished is kept"
                ) from error


def one_thread() -> AbstractContextManager[Any]:
    """Linear algebra has one thread inside.

    The order in which several add up moves the last bits of a sum, and what is fitted carries that to the third digit.
    """
    return _load_threadpools().limit(limits=1, user_api="blas")


def on_one_thread(work: Callable[Given, Result]) -> Callable[Given, Result]:
    """The function with linear algebra on `one_thread` inside.

    Beside the last bits it is time: of many small factors two threads take longer than one, and several times longer
    where something else runs.
    """

    @functools.wraps(work)
    def alone(*args: Given.args, **named: Given.kwargs) -> Result:
        with one_thread():
            return work(*args, **named)

    return alone


@functools.cache
def _load_threadpools() -> ThreadpoolController:
    """The libraries of linear algebra; looking for them takes milliseconds."""
    import scipy.linalg  # noqa: F401  (brings a library of its own)

    return ThreadpoolController()


def _alone(work: Callable[[Item], Result], item: Item) -> Result:
    with one_thread():
        return work(item)


class _OfTheWork(Exception):
    """Carries what the work raised from a worker of a cluster, whose own errors are of the same classes."""


def _require_same_versions(work: Callable[[Item], Result], made_with: tuple[str, ...], item: Item) -> Result:
    """The work, where it computes with what the client computes with: else bytes would differ unseen."""
    try:
        if computing_fingerprint() != made_with:
            raise DataError(
                f"a Dask worker runs another version of this package or of {', '.join(LIBRARIES)}: "
                "install the same ones there"
            )
        return _alone(work, item)
    except Exception as error:
        raise _OfTheWork(error) from error


@contextmanager
def _cluster(address: str) -> Iterator[None]:
    """joblib's calls go to the cluster inside."""
    try:
        from distributed import Client
    except ImportError:
        raise DataError("a Dask cluster needs distributed: pip install 'scale-forecast[dask]'") from None
    with _silence_distributed():
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    with _silence_distributed(), warnings.catch_warnings(), client, parallel_config("dask", client=client):
        _await_worker(client, address)
        warnings.filterwarnings("ignore", "Sending large graph", UserWarning)  # a panel goes with each batch of folds
        yield


def _await_worker(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=WORKER_PATIENCE)
    except TimeoutError:
        raise DataError(f"the Dask cluster at {address} has no worker: start `dask worker {address}`") from None


@contextmanager
def _silence_distributed() -> Iterator[None]:
    """Without what distributed logs of a lost connection, tracebacks too: `_say_cluster_errors` says it."""
    names = [name for name in logging.root.manager.loggerDict if name.split(".")[0] == "distributed"]
    levels = {logging.getLogger(name): logging.getLogger(name).level for name in ("distributed", *names)}
    try:
        for logger in levels:
            logger.setLevel(logging.CRITICAL + 1)
        yield
    finally:
        for logger, level in levels.items():
            logger.setLevel(level)


@contextmanager
def _say_cluster_errors(address: str) -> Iterator[None]:
    """A cluster's errors in one sentence; those of the work itself pass."""
    try:
        yield
    except _OfTheWork as error:
        raise error.args[0] from None
    except (DataError, UsageError):
        raise
    except Exception as error:
        if not _is_of_the_cluster(error):
            raise
        raise DataError(
            f"the Dask cluster at {address} cannot be reached or was lost ({type(error).__name__}): what was finished "
            "is kept in the cache; repeat the command to go on from there"
        ) from error


def _is_of_the_cluster(error: BaseException) -> bool:
    """Raised by distributed, or by the network below it."""
    of_dask = type(error).__module__.split(".")[0] in ("distributed", "tornado", "dask")
    return of_dask or isinstance(error, (OSError, TimeoutError)) or "Cancelled" in type(error).__name__
