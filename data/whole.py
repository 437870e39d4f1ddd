"""Write a file that appears whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write a file, or replace one, at once: whoever looks sees what stood there before or all that stands there after.

    What is half written stands beside it under a name that nobody else uses, and is gone whatever happens but a kill.
    A link stays a link, and a file that is replaced keeps its mode.

    Raises
    ------
    OSError
        Where the file or its folder cannot be written.
    """
    target = Path(os.path.realpath(path))
    partial = target.with_name(f".{target.name[:40]}.{secrets.token_hex(8)}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        with suppress(OSError):
            partial.chmod(target.stat().st_mode & 0o777)
        partial.replace(target)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
