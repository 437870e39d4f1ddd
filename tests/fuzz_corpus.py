"""Change the corpus's files at random and bring them in; what then ends otherwise than it may joins the corpus.

    nice -n 19 python -m tests.fuzz_corpus --minutes 20

A round takes a file of a door, cuts, doubles, replaces or swaps some of its bytes, cells or lines, and runs the door's
command. Findings are written to ``tests/corpus`` under their door, one for each kind of fault, so that
``tests/test_corpus.py`` fails until they are mended. Prints how many files were brought in; exits 1 when it found one.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

from click.testing import Result

from tests.doors import CORPUS, DOORS, bring_in, fault_of, files_of

TOKENS = (
    *(b"", b"\x00", b"\r", b"\r\n", b"\n\n", b'"', b"'", b",", b";", b"\t", b"[", b"]", b"{", b"}", b":", b"- "),
    *(b"&a ", b"*a", b"1e999", b"NaN", b"-1", b"9" * 400, b"null", b"true", b"[[]]", b"{}", b"\\ud800"),
    *(b"\xff", b"\xc3", b"\xef\xbb\xbf", b"\x1b[31m", "\u202e".encode(), "٣".encode(), b"0001-01-01"),
    *(b"9999-12-31T23:59:59Z", b"2024-02-30", b"=1+1", b"x" * 300),
)  # fmt: skip
SIGNS = (b"\n", b",", b":", b" ", b'"')


def change(data: bytes, chance: random.Random, others: list[bytes]) -> bytes:
    """The bytes with one to four changes, some of them with parts of other files."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(data))
        end = min(len(data), start + chance.choice((0, 1, 4, 16, 64)))
        what = chance.randrange(6)
        if what == 0:
            data = data[:start]
        elif what == 1:
            data = data[:end] + data[start:]
        elif what == 2:
            data = data[:start] + chance.choice(TOKENS) + data[end:]
        elif what == 3 and data:
            at = min(start, len(data) - 1)
            data = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        elif what == 4:
            sign = chance.choice(SIGNS)
            parts = data.split(sign)
            chance.shuffle(parts) if len(parts) < 9 else parts.insert(chance.randrange(9), chance.choice(parts))
            data = sign.join(parts)
        else:
            other = chance.choice(others)
            data = data[:start] + other[chance.randint(0, len(other)) :][:200] + data[end:]
    return data


def kind_of(result: Result, fault: str) -> str:
    """What tells a fault from others: where a traceback ends, or what the fault is."""
    if result.exc_info is None or isinstance(result.exception, SystemExit):
        return fault[:40]
    last = traceback.extract_tb(result.exc_info[2])[-1]
    return f"{type(result.exception).__name__} {Path(last.filename).name}:{last.lineno}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, help="draw the same changes again; from the clock unless given")
    parser.add_argument("--door", choices=DOORS, action="append", help="only this; may be said again")
    given = parser.parse_args()
    seed = time.time_ns() if given.seed is None else given.seed
    chance, end = random.Random(seed), time.monotonic() + 60 * given.minutes
    files = {door: [(path, path.read_bytes()) for path in files_of(door)] for door in given.door or DOORS}
    count, seen = 0, set()
    warnings.simplefilter("error")
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            door = chance.choice(list(files))
            original, data = chance.choice(files[door])
            changed = change(data, chance, [other for _, other in files[door]])
            place = Path(folder) / str(count)
            place.mkdir()
            file = place / original.name
            file.write_bytes(changed)
            result = bring_in(door, file, place)
            count += 1
            fault = fault_of(result)
            if fault is None or (door, kind_of(result, fault)) in seen:
                continue
            seen.add((door, kind_of(result, fault)))
            kept = CORPUS / door / f"found_{hashlib.sha256(changed).hexdigest()[:8]}{''.join(original.suffixes)}"
            kept.write_bytes(changed)
            print(f"{kept.relative_to(CORPUS)}: {fault} ({kind_of(result, fault)})", flush=True)
    print(f"{count} files brought in within {given.minutes:g} minutes (seed {seed}), {len(seen)} kinds of fault found")
    sys.exit(bool(seen))


if __name__ == "__main__":
    main()
