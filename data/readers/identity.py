"""Which model a harness evaluated: from its configuration, else from where the file lies and how it is called."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Any

from scale_forecast.data.models import checkpoint_of
from scale_forecast.data.readers.files import Source
from scale_forecast.data.sizes import sizes_in_name

_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}[-:]\d{2}[-:]\d{2}(?:\.\d+)?|\d{2}-\d{2}-\d{4}(?:-\d{2}){3}")
_STEP = re.compile(r"(?:global_?)?(step)[_-]?(\d+)", re.IGNORECASE)
_SHOTS = re.compile(r"(?<![0-9])(\d+)[-_]?shot", re.IGNORECASE)
_NOISE = re.compile(r"(?<![a-z0-9])(?:eval|lm_?eval|standard|results?|scores?|samples?|agg)(?![a-z0-9])", re.IGNORECASE)


_ADAPTERS = ("peft", "delta", "lora_local_path", "lora_path", "lora", "adapter", "adapter_path", "steer_path")
"""Arguments of harnesses and their engines that name weights put on top of the model's."""
_QUANTISATIONS = (
    "quantization",
    "quantization_method",
    "quantize",
    "kv_cache_dtype",
    "load_format",
    "dtype",
    "precision",
)
"""Arguments that name a number format."""
_FORMATS = re.compile(
    r"awq|gptq|gguf|ggml|exl[23]|aqlm|hqq|eetq|marlin|bnb|bitsandbytes|squeezellm|compressed-tensors|modelopt|"
    r"(?:nv|mx)?fp[468].*|[u]?int[248]|nf4|[248]-?bit|8bit|4bit|w\d+a\d+.*|q\d.*",
    re.IGNORECASE,
)
"""Values that are a coarser number format; half and brain floats are the weights as published."""
_ASKING = (
    *("enable_thinking", "thinking", "reasoning_effort", "reasoning", "think_end_token"),
    *("add_bos_token", "tokenizer", "rope_scaling", "rope_theta", "hf_overrides"),
)
"""Arguments that change how the model is asked or answers."""
_SAMPLING = ("temperature", "top_p", "top_k", "min_p", "do_sample", "num_beams", "n", "repetition_penalty")
_GREEDY = {
    "temperature": ("0", "0.0"),
    "do_sample": ("false",),
    "num_beams": ("1",),
    "n": ("1",),
    "top_p": ("1", "1.0"),
}
"""How harnesses generate when nobody says otherwise."""
_PIN = re.compile(r"[0-9a-f]{7,40}")
_PLACES = {
    *(
        "final",
        "final_model",
        "last",
        "latest",
        "best",
        "model",
        "models",
        "checkpoint",
        "checkpoints",
        "ckpt",
        "ckpts",
    ),
    *("hf", "hf_model", "hf_ckpt", "merged", "output", "outputs", "weights", "export", "main", "release", "pretrained"),
}
"""What folders of weights are called that name no model, in small letters."""
_FINAL = {"", "main", "master", "none", "null", "default", "latest"}
"""Revisions that are the published weights."""


@dataclass(frozen=True)
class Identity:
    """A model as an evaluation ran it; None where it does not say.

    Attributes
    ----------
    model : str
        The name, with adapters and number format behind a plus sign.
    checkpoint : str or None
        The revision, where it is not the published weights.
    params : float or None
    setting : str or None
        What was changed in how it thinks or samples.
    prompts : tuple of str
        What was put around the question: ``chat``, ``multiturn``, ``system-1a2b3c4d``.
    """

    model: str
    checkpoint: str | None = None
    params: float | None = None
    setting: str | None = None
    prompts: tuple[str, ...] = ()

    @property
    def row(self) -> dict[str, object]:
        """Columns of the results table. A checkpoint is part of the model's name, as in the bundled figures."""
        named = f"{self.model}@{self.checkpoint}" if self.checkpoint else self.model
        return {"model": named, "checkpoint": self.checkpoint, "params": self.params, "setting": self.setting}


def identify(document: dict[str, object], source: Source, model: str | None) -> Identity:
    """The model of a result file and how it was run; ``model`` is what the user calls it, which wins."""
    config = as_dict(document.get("config"))
    arguments = as_arguments(config.get("model_args")) | {
        key: value
        for key, value in as_dict(as_dict(document.get("config_general")).get("model_config")).items()
        if isinstance(value, (str, bool, int, float))
    }
    name, revision = _find_name(document, config, arguments), arguments.get("revision", config.get("model_revision"))
    params = config.get("model_num_parameters")
    size = float(params) if isinstance(params, (int, float)) and not isinstance(params, bool) and params > 0 else None
    how = {"setting": _setting(config, arguments), "prompts": _prompts(document, config)}
    if name is not None:
        step = _STEP.search(name.rstrip("/").rsplit("/", 1)[-1])
        if step and revision is None and "/" in name.rstrip("/"):
            name, revision = name.rstrip("/").rsplit("/", 1)[0], step[1] + step[2]
    if model is not None:
        return Identity(model, _checkpoint(model, revision), size, **how)  # type: ignore[arg-type]
    if name is not None:
        full = "+".join([_name_of_place(_short_path(name), source), *_on_top(name, arguments)])
        return Identity(full, _checkpoint(full, revision), size, **how)  # type: ignore[arg-type]
    name, checkpoint = name_in_path(source)
    return Identity("+".join([name, *_on_top(name, arguments)]), checkpoint, size, **how)  # type: ignore[arg-type]


def _checkpoint(model: str, revision: object) -> str | None:
    """The revision as a checkpoint: a numbered step, or any name that is not that of the published weights."""
    text = str(revision).strip() if isinstance(revision, (str, int)) and not isinstance(revision, bool) else ""
    if text.casefold() in _FINAL or _PIN.fullmatch(text):
        return None
    return checkpoint_of(model, text) if _STEP.fullmatch(text) else text.replace("/", "-")


def _on_top(name: str, arguments: dict[str, object]) -> list[str]:
    """What stands on the weights: adapters, then the number format, where the name does not say it already."""
    adapters = [
        _short_path(str(arguments[key])).rsplit("/", 1)[-1] for key in _ADAPTERS if is_given(arguments.get(key))
    ]
    formats = [
        bits for key, bits in (("load_in_4bit", "4bit"), ("load_in_8bit", "8bit")) if is_given(arguments.get(key))
    ]
    formats += ["gptq" for key in ("autogptq", "gptqmodel") if is_given(arguments.get(key))]
    if is_given(arguments.get("gguf_file")):
        formats.append(_short_path(str(arguments["gguf_file"])).rsplit("/", 1)[-1])
    for key in _QUANTISATIONS:
        value = str(arguments.get(key) or "").removeprefix("torch.")
        if _FORMATS.fullmatch(value) and value not in formats:
            formats.append(f"kv-{value}" if key == "kv_cache_dtype" else value)
    bare = name.rsplit("/", 1)[-1].casefold()
    return [part for part in dict.fromkeys([*adapters, *formats]) if part.casefold() not in bare]


def is_given(value: object) -> bool:
    """Whether an argument is there and not switched off.

    >>> [is_given(value) for value in ("True", True, "some/path", "False", None, "", 0)]
    [True, True, True, False, False, False, False]
    """
    return str(value).strip().casefold() not in ("", "none", "null", "false", "0", "auto")


def _setting(config: dict[str, object], arguments: dict[str, object]) -> str | None:
    """How the model thinks and samples, as far as it departs from what harnesses do anyway."""
    generation = as_arguments(config.get("gen_kwargs")) | as_dict(arguments.get("generation_parameters"))
    said = {key: str(arguments[key]) for key in _ASKING if arguments.get(key) is not None}
    for key in _SAMPLING:
        value = str(generation.get(key, "")).strip()
        if is_given(value) and value.casefold() not in _GREEDY.get(key, ()):
            said[key] = value
    return ", ".join(f"{key}={value}" for key, value in sorted(said.items())) or None


def _prompts(document: dict[str, object], config: dict[str, object]) -> tuple[str, ...]:
    general = as_dict(document.get("config_general"))
    found = []
    if any(
        is_given(value)
        for value in (
            document.get("chat_template"),
            config.get("apply_chat_template"),
            general.get("use_chat_template"),
        )
    ):
        found.append("chat")
    if is_given(document.get("fewshot_as_multiturn")):
        found.append("multiturn")
    system = document.get("system_instruction") or config.get("system_instruction") or general.get("system_prompt")
    if isinstance(system, str) and system.strip():
        found.append(f"system-{hashlib.sha256(system.strip().encode('utf-8', 'replace')).hexdigest()[:8]}")
    return tuple(found)


def _find_name(document: dict[str, object], config: dict[str, object], arguments: dict[str, object]) -> str | None:
    general = as_dict(document.get("config_general"))
    for value in (
        document.get("model_name"),
        arguments.get("pretrained"),
        arguments.get("model"),
        arguments.get("model_name"),
        arguments.get("engine"),
        general.get("model_name"),
        config.get("model_name"),
    ):
        if isinstance(value, str) and value.strip():
            return value.strip()
    return None


def as_arguments(arguments: object) -> dict[str, object]:
    """Arguments of a harness, written as an object or as ``key=value,key=value``.

    >>> as_arguments("pretrained=a/b,load_in_4bit=True"), as_arguments(None)
    ({'pretrained': 'a/b', 'load_in_4bit': 'True'}, {})
    """
    if isinstance(arguments, dict):
        return {str(k): v for k, v in arguments.items()}
    pairs = (part.partition("=") for part in str(arguments or "").split(","))
    return {key.strip(): value.strip() for key, sign, value in pairs if sign}


def as_dict(value: object) -> dict[str, Any]:
    """The value if it is an object of JSON, else an empty one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object) -> list[Any]:
    """The value if it is a list of JSON, else an empty one."""
    return value if isinstance(value, list) else []


def objects_in(value: object) -> list[dict[str, Any]]:
    """The objects in a list of JSON; what else stands in it is passed over."""
    return [one for one in as_list(value) if isinstance(one, dict)]


def _short_path(name: str) -> str:
    """``organisation/model`` stays, a path in a file system shrinks to its last part, or of weights that are
    called ``final`` and the like to the folder above that names a size."""
    name = name.rstrip("/")
    if not (name.startswith((".", "/", "~")) or name.count("/") > 1):
        return name
    *above, last = name.split("/")
    named = [part for part in above if is_named_by_size(part)] if last.casefold() in _PLACES else []
    return named[-1] if named else last


def is_named_by_size(text: str) -> bool:
    """Whether a folder is called as a model is: by a size."""
    return sizes_in_name(text).params is not None


def _name_of_place(name: str, source: Source) -> str:
    """The name, or the folder that the file is in where weights are called ``final`` and the folder by a size."""
    folder = source.path.parent.name if source.path else ""
    return folder if name.casefold() in _PLACES and is_named_by_size(folder) else name


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
