"""Whoever does the work, the table is the same byte for byte; a lost worker costs time, a lost cluster a sentence."""

import datetime as dt
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from scale_forecast import parallel
from scale_forecast.backtests.run import backtest
from scale_forecast.backtests.training import Trained
from scale_forecast.curves import estimator, fit_curves
from scale_forecast.data.catalog import bundled_metrics, bundled_results, bundled_tasks
from scale_forecast.data.coverage import as_coverage
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.load import Tables
from scale_forecast.inputs.folds import Exclusion, folds_of
from scale_forecast.inputs.panel import as_panel
from scale_forecast.parallel import Workers
from scale_forecast.predictors.registry import PREDICTORS
from scale_forecast.pricing.desk import Desk
from scale_forecast.pricing.past import backtest_questions
from scale_forecast.resolvers.questions.question import Question
from tests.worlds import make_panel, make_results, make_tasks, scrambled, trained


def square(x):
    return x * x


def fail_at_two(x):
    if x == 2:
        raise OverflowError("of the work itself")
    return x


@pytest.fixture
def cluster():
    """Two worker processes, restarted when they die, and the address of their scheduler."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as running,
    ):
        yield running


@pytest.mark.parametrize("workers", [Workers(), Workers(jobs=2, threads=True), Workers(jobs=2)])
def test_results_come_in_the_order_of_the_items(workers):
    assert list(workers.map(square, range(7))) == [0, 1, 4, 9, 16, 25, 36]


@pytest.mark.parametrize("workers", [Workers(), Workers(jobs=2, threads=True)])
def test_an_error_of_the_work_itself_is_not_taken_for_one_of_the_cluster(workers):
    with pytest.raises(OverflowError, match="of the work itself"):
        list(workers.map(fail_at_two, range(4)))


def test_an_address_that_answers_nothing_is_said_in_a_sentence(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(parallel, "PATIENCE", "1s")
    with pytest.raises(DataError, match=r"tcp://127\.0\.0\.1:1 cannot be reached or was lost"):
        list(Workers(dask="tcp://127.0.0.1:1").map(square, [1]))


@pytest.mark.parametrize("address", ["", "nonsense", "http://h:1", "tcp://h", "tcp://h:0", "tcp://h:99999", "tcp://:1"])
def test_what_is_no_address_is_refused_before_anything_is_tried(address):
    with pytest.raises(UsageError, match="is no address of a scheduler: write tcp://host:port"):
        Workers(dask=address)


def threads_of_algebra(_):
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("workers", [Workers(), Workers(jobs=2, threads=True), Workers(jobs=2)])
def test_linear_algebra_has_one_thread_whoever_does_the_work(workers):
    """With two the last bits of sums differ, and fitted weights in the third digit; so would tables and states."""
    with threadpool_limits(2, user_api="blas"):
        found = list(workers.map(threads_of_algebra, range(3)))
        assert all(set(threads) == {1} for threads in found)
        assert set(threads_of_algebra(None)) == {2}


def open_nowhere(x):
    return open("nowhere").read()


def test_progress_is_told_for_each_item_done():
    told = []
    list(Workers(progress=lambda *step: told.append(step)).map(square, [1, 2, 3]))
    assert told == [(1, 3), (2, 3), (3, 3)]


@functools.cache
def trained_by_two():
    return Trained(make_panel(), workers=Workers(jobs=2))


@pytest.mark.parametrize("name", PREDICTORS)
def test_what_is_learned_does_not_depend_on_who_goes_through_the_past(name):
    exclusion = Exclusion("Gamma")
    alone = trained(name, exclusion).state()
    several = trained_by_two().get(name, exclusion).state()
    assert {key: value.tobytes() for key, value in alone.items()} == {k: v.tobytes() for k, v in several.items()}


def test_curves_fitted_by_others_are_the_same(monkeypatch):
    monkeypatch.setattr(estimator, "CHUNK", 5)
    x, y = np.logspace(8, 11, 6), 2.0 + np.logspace(0, -1, 6) * np.linspace(0.5, 2.0, 15)[:, None]
    for form in ("auto", "m2", "bnsl"):
        alone, several = (
            fit_curves(np.tile(x, (15, 1)), y, form, workers=workers).quantiles([3e11], [0.1, 0.5])
            for workers in (Workers(), Workers(jobs=2))
        )
        assert several.tobytes() == alone.tobytes()


QUICK = ("persistence", "drift")


def small_backtest(cache=None, results=None, predictors=QUICK):
    panel = make_panel(results)
    return backtest(panel, folds_of(panel, "next-scale", ["Gamma 2", "Beta 3"]), list(predictors), cache=cache)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A backtest's table, and the folder that kept its folds and states."""
    folder = tmp_path_factory.mktemp("finished")
    return small_backtest(folder), folder


@pytest.fixture
def kept(finished, tmp_path):
    """A copy of what a finished backtest kept, that a test may do to as it likes."""
    return shutil.copytree(finished[1], tmp_path / "kept")


def test_finished_folds_are_kept_and_not_done_again(finished, kept, monkeypatch):
    alone = small_backtest()
    pd.testing.assert_frame_equal(finished[0], alone)
    for state in kept.glob("*.npz"):
        state.unlink()
    monkeypatch.setattr(Trained, "get", lambda *_: pytest.fail("done again"))
    again = small_backtest(kept)
    pd.testing.assert_frame_equal(again, alone)
    assert again.to_csv() == alone.to_csv()


@pytest.mark.parametrize("where", ["evidence", "truth", "other lines", "predictors", "damaged"])
def test_a_fold_of_other_data_is_another_fold(finished, kept, where):
    """A score that changed anywhere in what a fold was made of must never meet the table of before."""
    if where == "damaged":
        for file in kept.glob("fold-*.parquet"):
            file.write_bytes(file.read_bytes()[:-9])
        pd.testing.assert_frame_equal(small_backtest(kept), finished[0])
        return
    results, predictors = make_results(), QUICK
    if where == "predictors":
        predictors = ("drift",)
    else:
        model = {"evidence": "Gamma 1", "truth": "Gamma 2", "other lines": "Alpha 0"}[where]
        results = scrambled(results, (results["model"] == model).to_numpy())
    fresh = small_backtest(None, results, predictors)
    assert not fresh.equals(finished[0])
    pd.testing.assert_frame_equal(small_backtest(kept, results, predictors), fresh)


@pytest.mark.slow
def test_settled_questions_are_priced_alike_by_several():
    listed = pd.DataFrame(
        [{"source": "a list", "covers": "leaders", "complete_until": "2023-12-31", "seen_on": "2024-12-31"}]
    )
    tables = Tables(make_results(), make_tasks(), bundled_metrics(), coverage=as_coverage(listed))
    asked = [
        Question.model_validate(
            {
                "id": f"q{number}",
                "title": "asked",
                "criterion": {"kind": "threshold", "task": "task00", "score": 0.9 + number / 100},
                "opened": f"202{number % 2}-06-15",
                "resolve_by": "2023-06-15",
            }
        )
        for number in range(4)
    ]
    told = []
    desk_on = functools.partial(Desk, tables, predictor="law")
    how = {"as_of": dt.date(2025, 1, 1), "desk_on": desk_on}
    alone = backtest_questions(asked, tables, **how, progress=told.append)
    several = backtest_questions(asked, tables, **how, workers=Workers(jobs=2, threads=True))
    assert alone["question"].tolist() == ["q0", "q2", "q1", "q3"]
    assert len(told) == alone["probability"].notna().sum() > 0
    assert several.to_csv() == alone.to_csv()


def real_backtest(predictors=("persistence", "drift", "pooled-law"), **how):
    """Lines of the bundled figures whose training takes seconds."""
    panel = as_panel(bundled_results(), bundled_tasks(), bundled_metrics())
    folds = folds_of(panel, "next-scale", ["PaLM 540B", "Chinchilla 70B", "Gopher 280B", "LLaMA 65B"])
    return backtest(panel, folds, list(predictors), **how).to_csv(index=False)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_workers_own_error_is_not_taken_for_one_of_the_cluster(cluster):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        list(Workers(dask=cluster.scheduler_address).map(open_nowhere, [1]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_workers_of_another_version_are_refused(cluster, monkeypatch):
    """They would give other digits, and nobody would see it."""
    monkeypatch.setattr(parallel, "computing_fingerprint", lambda: ("another version",))
    with pytest.raises(DataError, match="runs another version of this package"):
        list(Workers(dask=cluster.scheduler_address).map(square, [1]))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_a_backtest_on_a_cluster_is_the_local_one_byte_for_byte(cluster):
    alone = real_backtest()
    assert alone.count("\n") > 300
    assert real_backtest(workers=Workers(dask=cluster.scheduler_address)) == alone
    assert real_backtest(workers=Workers(jobs=2)) == alone


ROOT = Path(__file__).parent.parent.parent
FOLDS = [word for model in ("PaLM 540B", "PaLM 62B", "Chinchilla 70B", "Gopher 280B", "LLaMA 65B", "OPT 175B")
         for word in ("--target", model)]  # fmt: skip


def backtesting(cache, output, *more):
    """`forecast backtest` of six folds in a process of its own."""
    words = ["backtest", *FOLDS, "--predictors", ",".join(QUICK), "--format", "csv", "-o", str(output), *more]
    environment = {**os.environ, "FORECAST_CACHE": str(cache)}
    return subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), *words], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def dask_processes():
    """A scheduler and two workers as processes: the scheduler's, and its address."""
    pytest.importorskip("distributed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    dask = [sys.executable, "-m", "dask"]
    host, _, port = address.partition(":")
    running = [subprocess.Popen([*dask, "scheduler", "--host", host, "--port", port, "--no-dashboard"], **quiet)]
    try:
        for _ in range(2):
            worker = [*dask, "worker", f"tcp://{address}", "--nthreads", "1", "--no-dashboard"]
            running.append(subprocess.Popen(worker, env=environment, **quiet))
        yield running[0], f"tcp://{address}"
    finally:
        for process in running:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.mark.slow
def test_a_scheduler_lost_midway_is_said_in_a_sentence_and_a_repeat_goes_on_from_there(tmp_path):
    alone, output, cache = tmp_path / "alone.csv", tmp_path / "out.csv", tmp_path / "cache"
    backtesting(tmp_path / "other", alone).communicate()
    with dask_processes() as (scheduler, address):
        process = backtesting(cache, output, "--dask", address)
        while process.poll() is None and len(list(cache.glob("fold-*"))) < 2:
            time.sleep(0.1)
        os.killpg(scheduler.pid, signal.SIGKILL)
        _, said = process.communicate()
    *folds, last = said.splitlines()
    assert process.returncode == 1
    assert last.startswith(f"Error: the Dask cluster at {address} cannot be reached or was lost (")
    assert last.endswith("what was finished is kept in the cache; repeat the command to go on from there")
    assert all(line.startswith("next-scale: ") for line in folds)
    assert not output.exists()
    kept = {file: file.stat().st_mtime_ns for file in cache.glob("fold-*")}
    assert 2 <= len(kept) < len(FOLDS) // 2
    again = backtesting(cache, output)
    again.communicate()
    assert again.returncode == 0
    assert output.read_bytes() == alone.read_bytes()
    assert {file: file.stat().st_mtime_ns for file in kept} == kept


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_killing_workers_at_random_moments_never_changes_the_result(cluster):
    """Twenty workers die at work, over as many backtests as that takes.

    A scheduler gives up on an item whose workers died thrice: this one is told to go on.
    """
    alone, rng, killed = real_backtest(QUICK), random.Random(0), []
    cluster.scheduler.allowed_failures = 100
    while len(killed) < 20:
        stop = threading.Event()

        def kill(stop=stop):
            while not stop.wait(rng.uniform(1.0, 8.0)) and len(killed) < 20:
                pids = [nanny.pid for nanny in cluster.workers.values() if nanny.pid]
                if pids:
                    os.kill(rng.choice(pids), signal.SIGKILL)
                    killed.append(pids)

        killer = threading.Thread(target=kill)
        killer.start()
        try:
            assert real_backtest(QUICK, workers=Workers(dask=cluster.scheduler_address)) == alone
        finally:
            stop.set()
            killer.join()


def kill_oneself(x):
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_was_killed_is_said_in_a_sentence():
    """The kernel kills what wants more memory than there is. The last test: others need no processes of their own."""
    with pytest.raises(DataError, match="one of the 2 processes was killed, perhaps for want of memory"):
        list(Workers(jobs=2).map(kill_oneself, [1, 2, 3]))
