"""Files of the user's folder: each appears whole or not at all, and none is written twice."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from scale_forecast.data.errors import DataError

_PARTIAL = ".partial-"


@contextmanager
def _say_refusal(what: str, path: Path) -> Iterator[None]:
    """Turns what the operating system refuses into one sentence."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).casefold()
        remedy = "name another folder with --data or FORECAST_DATA"
        remedy = remedy if what == "write" else f"{remedy}, or go without with --bundled"
        raise DataError(f"cannot {what} {path}: {reason}: {remedy}") from None


def write_new(path: Path, content: bytes) -> bool:
    """Write a file that is not there yet; False, and nothing changed, where it is.

    Of two processes that write one file at once, one gets True.
    """
    with _say_refusal("write", path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=_PARTIAL)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _claim(Path(partial), path)
        except FileExistsError:
            return False
        finally:
            with suppress(OSError):
                os.unlink(partial)
    return True


def _claim(partial: Path, path: Path) -> None:
    """Give a finished file its name unless another has it; where there are no hard links, by a look beforehand."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise
    except OSError:
        if path.exists():
            raise FileExistsError from None
        partial.replace(path)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Write a folder of files that is not there yet, all at once; False, and nothing changed, where it is."""
    with _say_refusal("write", folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix=_PARTIAL))
        try:
            for name, content in files.items():
                (partial / name).write_bytes(content)
            if folder.exists():
                return False
            partial.rename(folder)
        except OSError:
            if folder.exists():
                return False
            raise
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return True


def remove(path: Path) -> None:
    """Take away a file, or a folder at once: it is moved aside before it is emptied."""
    with _say_refusal("remove", path):
        if not path.is_dir():
            path.unlink(missing_ok=True)
            return
        aside = Path(tempfile.mkdtemp(dir=path.parent, prefix=_PARTIAL))
        path.rename(aside / path.name)
        shutil.rmtree(aside, ignore_errors=True)


def entries(folder: Path) -> list[Path]:
    """What stands in a folder, by name; nothing where there is no folder. What is half-written is not there yet."""
    with _say_refusal("read", folder):
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def content_of(path: Path) -> bytes:
    """All of a file."""
    with _say_refusal("read", path):
        return path.read_bytes()


def digest(*parts: bytes) -> str:
    """SHA-256 of some bytes, one after the other, as hex digits."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big"))
        whole.update(part)
    return whole.hexdigest()
