"""Which model a harness evaluated: from its configuration, else from where the file lies and how it is called."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scale_forecast.data.models import checkpoint_of
from scale_forecast.data.readers.files import Source

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}[-:]\d{2}[-:]\d{2}(?:\.\d+)?|\d{2}-\d{2}-\d{4}(?:-\d{2}){3}")
_STEP = re.compile(r"(?:global_?)?(step)[_-]?(\d+)", re.IGNORECASE)
_SHOTS = re.compile(r"(?<![0-9])(\d+)[-_]?shot", re.IGNORECASE)
_NOISE = re.compile(r"(?<![a-z0-9])(?:eval|lm_?eval|standard|results?|scores?|samples?|agg)(?![a-z0-9])", re.IGNORECASE)


@dataclass(frozen=True)
class Identity:
    """A model as an evaluation names it; None where it does not say."""

    model: str
    checkpoint: str | None = None
    params: float | None = None

    @property
    def row(self) -> dict[str, object]:
        """Columns of the results table. A checkpoint is part of the model's name, as in the bundled figures."""
        named = f"{self.model}@{self.checkpoint}" if self.checkpoint else self.model
        return {"model": named, "checkpoint": self.checkpoint, "params": self.params}


def identify(document: dict[str, object], source: Source, model: str | None) -> Identity:
    """The model of a result file; ``model`` is what the user calls it, which wins."""
    config = document.get("config")
    config = config if isinstance(config, dict) else {}
    arguments = _arguments(config.get("model_args"))
    name, revision = _named(document, config, arguments), config.get("model_revision", arguments.get("revision"))
    if not isinstance(revision, str) or checkpoint_of("", revision) is None:
        revision = arguments.get("revision", revision)
    params = config.get("model_num_parameters")
    size = float(params) if isinstance(params, (int, float)) and not isinstance(params, bool) and params > 0 else None
    if name is not None:
        step = _STEP.search(name.rstrip("/").rsplit("/", 1)[-1])
        if step and revision is None and "/" in name.rstrip("/"):
            name, revision = name.rstrip("/").rsplit("/", 1)[0], step[1] + step[2]
    if model is not None:
        return Identity(model, checkpoint_of(model, revision), size)
    if name is not None:
        adapter = arguments.get("peft")
        full = _short_path(name) + (f"+{_short_path(str(adapter)).rsplit('/', 1)[-1]}" if adapter else "")
        return Identity(full, checkpoint_of(full, revision), size)
    name, checkpoint = name_in_path(source)
    return Identity(name, checkpoint, size)


def _named(document: dict[str, object], config: dict[str, object], arguments: dict[str, object]) -> str | None:
    general = document.get("config_general")
    general = general if isinstance(general, dict) else {}
    for value in (
        document.get("model_name"),
        arguments.get("pretrained"),
        arguments.get("model"),
        arguments.get("engine"),
        general.get("model_name"),
    ):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def _arguments(model_args: object) -> dict[str, object]:
    if isinstance(model_args, dict):
        return {str(k): v for k, v in model_args.items()}
    pairs = (part.partition("=") for part in str(model_args or "").split(","))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def _short_path(name: str) -> str:
    """``organisation/model`` stays, a path in a file system shrinks to its last part."""
    name = name.rstrip("/")
    return name.rsplit("/", 1)[-1] if name.startswith((".", "/", "~")) or name.count("/") > 1 else name


def name_in_path(source: Source) -> tuple[str, str | None]:
    """Model and checkpoint as the file's folder (``organisation__model``) or else the file itself is called."""
    folder = source.path.parent.name if source.path else ""
    if "__" in folder:
        return folder.replace("__", "/", 1), None
    stem = _STAMP.sub("", source.stem)
    step = _STEP.search(stem)
    stem = _SHOTS.sub("", _STEP.sub("", stem)).rsplit("__", 1)[-1]
    bare = re.sub(r"[\s\-_.]{2,}", "-", _NOISE.sub("", stem)).strip(" -_.")
    return bare or source.stem, f"step{step[2]}" if step else None


def shots_in_path(source: Source) -> int | None:
    """``5`` for a file called ``..._5shot...``."""
    match = _SHOTS.search(source.stem)
    return int(match[1]) if match else None


def stamp_in(text: str) -> str | None:
    """The time of a run as it stands in a file's name."""
    match = _STAMP.search(text)
    return match[0] if match else None
