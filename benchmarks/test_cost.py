"""What do the default tests cost beside those of an older commit? ``python -m benchmarks.test_cost REF [-k ...]``.

Both suites run one after the other as ``pytest -q -n 2 --dist loadfile`` with one thread of linear algebra: that of REF
checked out into a folder of its own, then this checkout's; ``--together`` runs them at the same time, so that whatever
else the machine does slows down both alike. Further arguments go to pytest. What counts is processor time, user and
system, of all processes: on a shared machine wall time says how busy it is. Each has an empty cache, and
an environment of its own that borrows the installed packages of this one.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def make_environment(checkout: Path, folder: Path) -> Path:
    """An environment with the packages of this one in which a checkout is installed; its interpreter."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    (own,) = folder.glob("lib/python*/site-packages")
    borrowed = [path for path in sys.path if Path(path).name == "site-packages"]
    (own / "borrowed.pth").write_text("\n".join(borrowed) + "\n", encoding="utf-8")
    install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(checkout)]
    subprocess.run([sys.executable, "-m", "pip", "--python", str(python), *install], check=True)
    return python


def cost_of(checkout: Path, python: Path, cache: Path, more: list[str]) -> dict[str, float | str]:
    """Seconds of processor and wall time of a checkout's default tests, and what pytest said last."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("FORECAST_", "PYTEST_"))}
    call = [str(python), "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider", *more]
    started = time.monotonic()
    surroundings = {**outside, **ONE_THREAD, "FORECAST_CACHE": str(cache)}
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(call, cwd=checkout, env=surroundings, stdout=told, stderr=subprocess.STDOUT)
        _, status, used = os.wait4(process.pid, 0)  # with all that the process itself has waited for
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        last = (told.read().decode("utf-8", errors="replace").strip().splitlines() or ["nothing"])[-1]
    return {
        "processor": used.ru_utime + used.ru_stime,
        "wall": time.monotonic() - started,
        "said": re.sub(r"^=+ | =+$", "", last),
    }


def main() -> None:
    """Measure both and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ref", help="the older commit")
    parser.add_argument("--together", action="store_true", help="run both at the same time")
    options, more = parser.parse_known_args()
    ref = options.ref
    found = {}
    with tempfile.TemporaryDirectory(prefix="test-cost-") as place:
        folder = Path(place)
        old = folder / "old"
        subprocess.run(["git", "worktree", "add", "--quiet", "--detach", str(old), ref], cwd=ROOT, check=True)
        try:
            checkouts = {"old": old, "now": ROOT}
            pythons = {name: make_environment(each, folder / f"{name}-environment") for name, each in checkouts.items()}
            with ThreadPoolExecutor(2 if options.together else 1) as pool:
                asked = {
                    name: pool.submit(cost_of, checkout, pythons[name], folder / f"{name}-cache", more)
                    for name, checkout in checkouts.items()
                }
            for name, done in asked.items():
                found[name] = done.result()
                print(
                    f"{ref if name == 'old' else 'now'}: {found[name]['processor']:,.0f} s of processor time, "
                    f"{found[name]['wall']:,.0f} s in all: {found[name]['said']}",
                    flush=True,
                )
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(old)], cwd=ROOT, check=True)
    print(f"now / {ref}: {float(found['now']['processor']) / float(found['old']['processor']):.0%}")


if __name__ == "__main__":
    main()
