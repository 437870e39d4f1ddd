"""Describe a coming model from its name: which earlier models it continues, and so its maker, line and tier.

A rule on names, not knowledge: what it says is told to the user, who can say otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scale_forecast.by_date.new_model import NewModel

_VERSION = re.compile(r"^(?:v|k|m|r|o)?\d[\d.]*[a-z]?$")
"""A word that numbers a release: 5, 4.1, v3, 4o."""


@dataclass(frozen=True)
class Coming:
    """A model to come as the forecast takes it, and what of it was guessed from which earlier model."""

    model: NewModel
    guessed: dict[str, str]
    like: str | None

    def sentence(self) -> str | None:
        """What was guessed, for the person; None where nothing was."""
        if not self.guessed:
            return None
        said = ", ".join(f"{name} {value}" for name, value in self.guessed.items())
        return f"taken from the name {self.model.name!r}, as of {self.like}: {said} (say otherwise with options)"


def describe_coming(
    name: str,
    released: pd.Timestamp,
    releases: pd.DataFrame,
    *,
    organisation: str | None = None,
    line: str | None = None,
    tier: str | None = None,
    reasoning: bool | None = None,
) -> Coming:
    """The target with what its user says of it; the rest as the newest earlier model has it whose name is alike.

    ``releases`` has ``model, organisation, product_line, tier, reasoning, released``; only releases before
    ``released`` are looked at.
    """
    earlier = releases[releases["released"] < pd.Timestamp(released)].sort_values("released", kind="stable")
    if organisation is not None:
        same = earlier["organisation"].str.casefold() == organisation.casefold()
        organisation = earlier.loc[same, "organisation"].iloc[-1] if same.any() else organisation
        earlier = earlier[same]
    like = _nearest(name, earlier)
    given = {"organisation": organisation, "line": line, "tier": tier, "reasoning": reasoning}
    if like is None:
        thinks = True if reasoning is None else reasoning
        return Coming(NewModel(name, pd.Timestamp(released), organisation, line, tier, thinks), {}, None)
    found: dict[str, Any] = {
        "organisation": _text(like["organisation"]),
        "line": _text(like["product_line"]),
        "tier": _text(like["tier"]),
        "reasoning": str(like["reasoning"]) in ("yes", "optional", "True"),
    }
    guessed = {key: found[key] for key, value in given.items() if value is None and found[key] is not None}
    full: dict[str, Any] = {key: guessed.get(key) if value is None else value for key, value in given.items()}
    model = NewModel(
        name,
        pd.Timestamp(released),
        full["organisation"],
        full["line"],
        full["tier"],
        True if full["reasoning"] is None else bool(full["reasoning"]),
    )
    words = {key: ("yes" if value else "no") if isinstance(value, bool) else value for key, value in guessed.items()}
    return Coming(model, words, str(like["model"]))


def with_groups(releases: pd.DataFrame, described: int) -> pd.DataFrame:
    """Releases whose first ``described`` rows somebody described; line, tier and reasoning of the others guessed.

    Each is guessed, as `describe_coming` does, from described models that came out before it, so what came later
    cannot move it.
    """
    bare = pd.Series(range(len(releases)), releases.index) >= described
    if not bare.any():
        return releases
    known, found = releases[~bare], releases.astype({"product_line": object, "tier": object, "reasoning": object})
    for at, row in releases[bare].iterrows():
        maker = _text(row["organisation"])
        like = describe_coming(str(row["model"]), row["released"], known, organisation=maker).model
        found.loc[at, ["product_line", "tier"]] = [like.line, like.tier]
        found.loc[at, "reasoning"] = "yes" if like.reasoning else "no"
    return found


def _nearest(name: str, earlier: pd.DataFrame) -> pd.Series | None:
    """The newest earlier model that has the same words but for versions; else the one that shares the first word."""
    stem = _stem(name)
    if not stem or earlier.empty:
        return None
    stems = earlier["model"].map(_stem)
    same = earlier[[other == stem for other in stems]]
    if same.empty:
        same = earlier[[bool(other) and other[0] == stem[0] for other in stems]]
        flagship = same[same["tier"] == "flagship"]
        same = flagship if len(flagship) else same
    return None if same.empty else same.iloc[-1]


def _stem(name: str) -> tuple[str, ...]:
    """The words of a model's name without those that number it.

    >>> _stem("Claude Opus 4.8"), _stem("GPT-5.6 Sol"), _stem("GPT-6"), _stem("DeepSeek-V4-Pro")
    (('claude', 'opus'), ('gpt', 'sol'), ('gpt',), ('deepseek', 'pro'))
    """
    bare = re.sub(r"\([^)]*\)", " ", name.casefold())
    words = [word for word in re.split(r"[\s_/-]+", bare) if word]
    return tuple(word for word in words if not _VERSION.match(word))


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or value == "" else str(value)
