"""What a model's name says of its weights: quantised or converted copies, how they were tuned, which line they are of.

Knowledge of names is data: ``model_words.csv`` holds the words (as patterns), ``model_lines.csv`` the families whose
base weights their names do not show. A family is put into another's line only where one of these says so: a name that
merely begins like a known line's (``Llama-X``) stands for itself.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scale_forecast.data.names import fold

_TABLES = Path(__file__).parent / "tables"
_DATE = re.compile(r"[\s\-_](?:20[0-9]{2}-?[01][0-9]-?[0-3][0-9]|[0-9]{4})(?=$|[\s\-_])")
"""A day or month of release behind a name: ``-2024-08-06``, ``-20240806``, ``-2407``."""
_STEP = re.compile(r"(?P<model>.+)[\s\-_](?P<step>step[\-_]?[0-9]+k?)", re.IGNORECASE)
_GAP = re.compile(r"[\s\-_.:]{2,}")
_UNTUNED = "base"
QUANTISED, TUNED = "quantised", "tuned"


@dataclass(frozen=True)
class _Word:
    pattern: re.Pattern[str]
    kind: str
    tuning: str


@dataclass(frozen=True)
class _Known:
    words: tuple[str, ...]
    line: str
    tuning: str
    where: str


@dataclass(frozen=True)
class Weights:
    """What a name says.

    Attributes
    ----------
    line : str
        The line the weights belong to.
    tuning : str or None
        ``base`` where the name says so, ``instruct``, ``rlhf``, ``merged``, ``quantised`` for copies of untuned
        weights; None where nothing is said.
    origin : str or None
        Where the line comes from, to be said; None where it is the name itself.
    """

    line: str
    tuning: str | None
    origin: str | None


@cache
def _words() -> tuple[_Word, ...]:
    return tuple(
        _Word(re.compile(rf"(?<![a-z0-9])(?:{row['pattern']})(?![a-z0-9])", re.IGNORECASE), row["kind"], row["tuning"])
        for row in _rows("model_words.csv")
    )


@cache
def _load_known() -> dict[tuple[str, ...], _Known]:
    return {
        _fold_words(row["name"]): _Known(_fold_words(row["name"]), row["line"], row["tuning"], row["where"])
        for row in _rows("model_lines.csv")
    }


def _rows(name: str) -> list[dict[str, str]]:
    with open(_TABLES / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _fold_words(name: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in re.split(r"[\s\-_]+", name) if word)


def _without(name: str, *kinds: str) -> str:
    """A name without its words of some kinds; the name itself where nothing would be left."""
    left = name
    for word in _words():
        if word.kind in kinds:
            left = word.pattern.sub("", left)
    left = _GAP.sub(lambda match: match[0][0], left)
    return re.sub(r"[\s(\[]+[)\]]", "", left).strip(" -_.:+") or name


def without_additions(model: str) -> str:
    """A model's name without its checkpoint and without what was put on its weights (``+adapter``, ``+4bit``).

    >>> without_additions("a-1b+lora@step9"), without_additions("Command R+"), without_additions("a 1e+09")
    ('a-1b', 'Command R+', 'a 1e+09')
    """
    return re.split(r"@|(?<=[\w.])(?<![0-9]e)\+(?=[\w.])", model, maxsplit=1)[0]


def step_in_name(model: str) -> tuple[str, str | None]:
    """A model's name without the checkpoint that it ends with, and the checkpoint; None where it names none.

    >>> step_in_name("pythia-410m-step3000"), step_in_name("widget-1b")
    (('pythia-410m', 'step3000'), ('widget-1b', None))
    """
    match = _STEP.fullmatch(model)
    return (match["model"], match["step"]) if match else (model, None)


def same_weights(model: str) -> str:
    """A model's name without its organisation and what speaks of copies: other number formats, converted files.

    >>> same_weights("TheBloke/Llama-2-7B-chat-GPTQ"), same_weights("unsloth/Meta-Llama-3.1-8B-bnb-4bit")
    ('Llama-2-7B-chat', 'Llama-3.1-8B')
    """
    bare = _without(without_additions(model.rsplit("/", 1)[-1]), "quantised", "format")
    return re.sub(r"^meta[-_ ](?=llama)", "", bare, flags=re.IGNORECASE)


@cache
def weights_name(model: str) -> str:
    """The folded name of the weights that a model was made of: no copies, no checkpoint, no word of tuning.

    >>> weights_name("meta-llama/Llama-2-7b-chat-hf") == weights_name("Llama 2 7B@step900")
    True
    """
    return fold(_without(same_weights(model), "tuned", "base", "context"))


def tuning_in_name(model: str) -> str | None:
    """How the weights were tuned, by the words of a name; the last one counts. None where no word says it.

    >>> [tuning_in_name(n) for n in ("w-7b-chat", "w-7b-SFT-DPO", "w-7b-Base", "w-7b-AWQ", "w-7b", "gpt-4o-mini")]
    ['instruct', 'rlhf', 'base', 'quantised', None, 'rlhf']
    """
    bare = model.rsplit("/", 1)[-1]
    said = [(match.start(), word) for word in _words() for match in word.pattern.finditer(bare)]
    tuned = [(at, word.tuning) for at, word in said if word.kind == "tuned" or (word.kind == "hosted" and at == 0)]
    if tuned:
        return max(tuned)[1]
    kinds = {word.kind for _, word in said}
    return QUANTISED if "quantised" in kinds else _UNTUNED if "base" in kinds else None


def is_hosted(model: str) -> bool:
    """Whether a name begins like that of a model which is only offered as a service, always tuned.

    >>> is_hosted("GPT-4o"), is_hosted("gpt2")
    (True, False)
    """
    bare = model.rsplit("/", 1)[-1].strip()
    return any(word.kind == "hosted" and word.pattern.match(bare) for word in _words())


def weights_of(family: str, bundled: dict[str, str]) -> Weights:
    """The line of a family by its name, and how it is tuned.

    Parameters
    ----------
    family : a model's name without its size
    bundled : folded name of a bundled family to its line

    >>> line = lambda name: weights_of(name, {"opt": "OPT", "pythia": "Pythia"}).line
    >>> line("Llama-3.2-Instruct-GPTQ-Int4"), line("zephyr-beta"), line("DeepSeek-R1-Distill-Qwen"), line("OPT-IML")
    ('Llama-3.2', 'Mistral', 'Qwen2.5', 'OPT')
    >>> line("OpenHermes-2.5-Mistral"), line("Llama-X"), line("Pythia@step9"), line("Meta-Llama-3.1-bnb-4bit")
    ('Mistral', 'Llama-X', 'Pythia', 'Llama-3.1')
    """
    named = family.rsplit("/", 1)[-1].partition("@")[0]
    whole = without_additions(named)
    has_adapter = any(tuning_in_name(part) != QUANTISED for part in named[len(whole) :].split("+") if part)
    tuning = tuning_in_name(whole) or (TUNED if has_adapter else tuning_in_name(named))
    copy = same_weights(whole)
    plain = _without(_DATE.sub("", copy), "tuned", "base", "context")
    plain = re.sub(r"(?<=[a-z0-9.])-moe(?![a-z])", "", plain, flags=re.IGNORECASE)
    for name in (whole, copy, plain):
        if fold(name) in bundled:
            return Weights(bundled[fold(name)], tuning, None if name == family else "the bundled family of that name")
    for name in (copy, _without(copy, "base"), plain):
        found = _look_up(name)
        if found is not None:
            return Weights(found.line or plain, tuning or found.tuning or None, "the list of known families")
    origin = None if fold(plain) == fold(family) else "the model's name"
    return Weights(plain or family, tuning, origin)


def _look_up(name: str) -> _Known | None:
    """The known family a name is or begins with, or whose base weights it names behind its own; the longest counts."""
    words = _fold_words(name)
    if words in _load_known():
        return _load_known()[words]
    for length in range(len(words) - 1, 0, -1):
        for start in range(1, len(words) - length + 1):
            found = _load_known().get(words[start : start + length])
            if found is not None and found.where == "inside":
                return _Known(found.words, found.line, found.tuning or TUNED, found.where)
    heads = (_load_known().get(words[:length]) for length in range(len(words) - 1, 0, -1))
    return next((found for found in heads if found is not None and found.where == "start"), None)
