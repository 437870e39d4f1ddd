"""The track record: recorded forecasts against resolutions, scored, averaged and compared. Pure.

A question counts once however many forecasts it drew: scores are averaged within a question, then over questions, and
intervals come from resampling questions.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.resolvers.judge.status import ANSWERED
from scale_forecast.resolvers.scores.answers import score_answers
from scale_forecast.resolvers.scores.calibration import (
    binomial_band,
    calibration_table,
    corp_decomposition,
    expected_calibration_error,
    spiegelhalter,
)
from scale_forecast.resolvers.scores.peer import baseline_score
from scale_forecast.resolvers.scores.probabilities import brier_score, log_score
from scale_forecast.resolvers.scores.quantiles import crps_uneven

AHEAD, CLAIMED, LATE, RETROSPECTIVE = "ahead", "claimed", "late", "in retrospect"
SAID = (AHEAD, CLAIMED, LATE, RETROSPECTIVE)
"""When something was said: recorded before the outcome was public; recorded after it and claimed to have been made
before, as track records of others are; made after it; on a question that was itself written after it."""
FORETOLD = (AHEAD, CLAIMED)
"""What may be a forecast: the ledger saw the first, and takes somebody's word for the second."""
BY = ("said", "predictor", "forecaster", "kind", "month")
SUBJECT = ["question_id", "benchmark", "task", "metric", "shots", "prompt", "model"]
LOSSES = ("brier", "log_score", "crps", "abs_error")
REFERENCES = ("chance", "base_rate", "crowd", "persistence")
CONFIDENCE = 0.95
"""Of the bootstrap intervals."""
CALIBRATION_BINS = 10


def standing_forecasts(forecasts: pd.DataFrame) -> pd.DataFrame:
    """The last forecast of each forecaster on each subject, in order of ``made_at``, then of sequence."""
    ordered = forecasts.sort_values(["made_at", "sequence"], kind="stable")
    return ordered.drop_duplicates([*SUBJECT, "forecaster"], keep="last").sort_index()


def score_record(
    forecasts: pd.DataFrame,
    resolutions: pd.DataFrame,
    questions: pd.DataFrame | None = None,
    *,
    every: bool = False,
    said: Collection[str] = SAID,
) -> pd.DataFrame:
    """Score the forecasts whose subject is settled; no averages inside.

    Parameters
    ----------
    forecasts, resolutions, questions : DataFrame
        As a `Ledger` gives them; of questions only their kind is used, and whether they are retrospective.
    every : bool
        Score every forecast, not only each forecaster's last on a subject.
    said : collection of str
        Of `SAID`: only forecasts said then. The day on which the outcome became public is after it.

    Returns
    -------
    DataFrame, one row per scored forecast
        ``subject`` (one text each), ``forecaster, predictor, kind, month, made_at``, ``status, outcome, probability``,
        ``answer`` (an option or a day; see `scores.answers`),
        ``said`` (one of `SAID`, as far as known); for probabilities ``brier, log_score`` and
        Metaculus' ``baseline`` and ``peer``; for distributions ``crps, abs_error, pit``.
        ``chance, base_rate, crowd, persistence`` hold the loss (Brier or CRPS) of that reference on the same row.
        Peers and crowd are what the others had last said when the forecast was made; the crowd is their mean, or that
        of the forecasters called ``crowd`` or ``crowd:...`` where there are such. ``base_rate`` is the share of yes
        among all these questions, known only afterwards. ``persistence`` stays at the largest smaller model's score.
    """
    impossible = forecasts[~(forecasts["probability"].isna() | forecasts["probability"].between(0, 1))]
    if len(impossible):
        first = impossible.iloc[0]
        raise DataError(
            f"forecast {first['sequence']} of the ledger has the probability {first['probability']:g}, which no append "
            "lets in: see `forecast ledger verify`"
        )
    settled = resolutions[resolutions["status"].isin(ANSWERED)]
    facts = settled[["status", "outcome", "known_on"]].assign(answer=_answers(settled))
    facts = facts.set_axis(_subjects(settled).to_numpy())
    table = forecasts.assign(subject=_subjects(forecasts)).join(facts, on="subject", how="inner").reset_index(drop=True)
    table["kind"] = _kinds(table, questions)
    table["month"] = table["made_at"].dt.strftime("%Y-%m")
    table["said"] = _timing(table, questions)
    table = table[table["said"].isin(said)]
    scored = table.join([_score_probabilities(table), _score_distributions(table)])
    answers = score_answers(table)
    scored = scored.assign(**{str(name): scored[name].fillna(answers[name]) for name in answers})
    if not every:
        scored = scored.loc[standing_forecasts(scored).index]
    return scored[_COLUMNS].reset_index(drop=True)


_COLUMNS = [
    "subject",
    "sequence",
    "forecaster",
    "predictor",
    "kind",
    "month",
    "made_at",
    "said",
    "status",
    "outcome",
    "answer",
    "probability",
    "median",
    "brier",
    "log_score",
    "baseline",
    "peer",
    "crps",
    "abs_error",
    "pit",
    "distribution",
    *REFERENCES,
]


def check_by(by: Sequence[str]) -> None:
    """Refuse to average by what is not in `BY`, with a `UsageError`."""
    unknown = [name for name in by if name not in BY]
    if unknown:
        raise UsageError(f"scores cannot be averaged by {unknown[0]!r}: choose from {', '.join(BY)}")


def summarise(scored: pd.DataFrame, *, by: Sequence[str] = (), seed: int = 0, draws: int = 2000) -> pd.DataFrame:
    """Mean scores of each group, with intervals, skill against the references, and calibration.

    Parameters
    ----------
    scored : DataFrame of `score_record`
    by : columns of `BY`; one row for everything when empty
    seed, draws : int
        Of the bootstrap over questions.

    Returns
    -------
    DataFrame
        The ``by`` columns, ``forecasts, questions, ahead`` (share said before it was public: `FORETOLD`); of each
        loss its mean and ``_low``, ``_high``; ``baseline, peer``; ``skill_chance, ...`` with ``_low``, ``_high``;
        ``miscalibration, discrimination, uncertainty`` (of the Brier score), ``ece, spiegelhalter_p``.
    """
    check_by(by)
    if scored.empty:
        return pd.DataFrame(columns=[*by, "forecasts", "questions"])
    labels = scored[list(by)].fillna("none") if by else pd.DataFrame({"all": 0}, index=scored.index)
    rows = []
    for label, members in labels.groupby(list(labels), sort=True):
        names = dict(zip(by, label, strict=True)) if by else {}
        rows.append({**names, **_summary(scored.loc[members.index], np.random.default_rng(seed), draws)})
    return pd.DataFrame(rows)


def brief(table: pd.DataFrame, by: Sequence[str] = ()) -> pd.DataFrame:
    """A summary for reading: interval ends beside their score, and only what there is something of.

    Groups are rows; without ``by`` the one summary is turned on its side, a score a row.
    """
    if not by:
        return _on_its_side(table)
    shown = table[[name for name in (*by, "forecasts", "questions") if name in table]].copy()
    for name in ("brier", "crps"):
        if name in table and table[name].notna().any():
            ends = zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)
            shown[name] = [_with_ends(*each) for each in ends]
    for name in ("peer", *(f"skill_{reference}" for reference in REFERENCES)):
        if name in table and table[name].notna().any():
            shown[name.replace("skill_", "vs ").replace("_", " ")] = table[name]
    return shown


def _on_its_side(table: pd.DataFrame) -> pd.DataFrame:
    columns = ["score", "mean", "low", "high"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    row = table.iloc[0]
    names = [name for name in row.index if not name.endswith(("_low", "_high")) and pd.notna(row[name])]
    return pd.DataFrame(
        [[name, row[name], row.get(f"{name}_low", np.nan), row.get(f"{name}_high", np.nan)] for name in names],
        columns=columns,
    )


def calibration(scored: pd.DataFrame, *, bins: int = CALIBRATION_BINS) -> pd.DataFrame:
    """What was said against what happened: probabilities in bins, distributions level by level.

    Returns
    -------
    DataFrame
        ``of`` (``probability`` or ``quantile``), ``low, high`` (of the bin), ``count``, ``said`` (mean probability, or
        the quantile's level), ``happened`` (frequency of yes, or of outcomes at or below the quantile), ``gap``, and
        ``band_low, band_high``, where 90% of a calibrated forecaster's frequencies fall if forecasts are independent.
    """
    columns = ["of", "low", "high", "count", "said", "happened", "gap", "band_low", "band_high"]
    parts = []
    said = scored[scored["probability"].notna()]
    if len(said):
        table = calibration_table(said["outcome"], said["probability"], bins=bins)
        table = table.rename(columns={"probability": "said", "frequency": "happened"})
        parts.append(table.assign(of="probability")[columns])
    levels = _levels_table(scored)
    if len(levels):
        table = levels.groupby("level").agg(count=("below", "size"), happened=("below", "mean")).reset_index()
        low, _, high = binomial_band(table["count"], table["level"], table["level"])
        table = table.assign(of="quantile", low=np.nan, high=np.nan, said=table["level"], band_low=low, band_high=high)
        parts.append(table.assign(gap=table["happened"] - table["said"])[columns])
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _subjects(table: pd.DataFrame) -> pd.Series:
    """One text for what each row is about: the question, or benchmark/task/metric/shots/prompt of model."""
    named = table[SUBJECT].assign(shots=table["shots"].map(lambda n: "" if pd.isna(n) else f"{n:.0f}"))
    named = named.astype("str").fillna("")
    score = named["benchmark"]
    for name in ("task", "metric", "shots", "prompt"):
        score = score + "/" + named[name]
    return table["question_id"].where(table["question_id"].notna(), score + " of " + named["model"])


def _answers(resolutions: pd.DataFrame) -> pd.Series:
    """The option or the day that each question came to; the judge writes it before the rows that settled it."""
    found = [
        next((str(row["answer"]) for row in rows[:1] if "answer" in row), None) if isinstance(rows, list) else None
        for rows in resolutions["evidence"]
    ]
    return pd.Series(found, index=resolutions.index, dtype="object")


def _kinds(table: pd.DataFrame, questions: pd.DataFrame | None) -> pd.Series:
    """The kind of the question's criterion where it is known, else ``question`` or ``score``."""
    if questions is None or questions.empty:
        return table["kind"]
    criteria = {
        identifier: (definition.get("criterion") or {}).get("kind")
        for identifier, definition in zip(questions["question_id"], questions["definition"], strict=True)
    }
    return table["question_id"].map(criteria).fillna(table["kind"])


def _timing(table: pd.DataFrame, questions: pd.DataFrame | None) -> np.ndarray:
    """Of each forecast one of `SAID`: the ledger's own clock counts, not a time that anybody can write."""
    public = table["known_on"].dt.tz_localize("UTC")
    written = set()
    if questions is not None and not questions.empty:
        every = zip(questions["question_id"], questions["definition"], strict=True)
        written = {identifier for identifier, definition in every if definition.get("retrospective")}
    cases = [
        table["question_id"].isin(written),
        ~(table["recorded_at"] >= public),
        ~(table["made_at"] >= public),
    ]
    return np.select(cases, [RETROSPECTIVE, AHEAD, CLAIMED], LATE)


def _score_probabilities(table: pd.DataFrame) -> pd.DataFrame:
    """Brier, log, baseline and peer scores, and the Brier scores of the references; missing elsewhere."""
    rows = table[table["probability"].notna() & table["status"].isin(["yes", "no"])]
    o, p = rows["outcome"].to_numpy(float), rows["probability"].to_numpy(float)
    given = np.where(o == 1, p, 1 - p)
    base = rows.drop_duplicates("subject")["outcome"].mean()
    crowd, peer = _against_others(rows, given)
    return pd.DataFrame(
        {
            "brier": brier_score(o, p),
            "log_score": log_score(o, p),
            "baseline": baseline_score(given) if len(rows) else given,
            "peer": peer,
            "chance": brier_score(o, np.full(len(rows), 0.5)),
            "base_rate": brier_score(o, np.full(len(rows), base)) if len(rows) else o,
            "crowd": (crowd - o) ** 2,
        },
        index=rows.index,
    )


def _against_others(rows: pd.DataFrame, given: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The crowd's probability when each forecast was made, and the peer score against the others' then.

    The mean log distance to the others is Metaculus' peer score (`scores.peer.peer_score`) of that moment; alone, one
    has no crowd and scores 0.
    """
    crowd, peer = np.full(len(rows), np.nan), np.zeros(len(rows))
    probability = rows["probability"].to_numpy(float)
    with np.errstate(divide="ignore"):
        log_given = np.log(given)
    order = rows.assign(position=np.arange(len(rows))).sort_values(["made_at", "sequence"], kind="stable")
    for _, question in order.groupby("subject", sort=False):
        who, names = pd.factorize(question["forecaster"])
        if len(names) < 2:
            continue
        is_crowd = np.array([name.split(":", 1)[0] == "crowd" for name in names])
        position, time = question["position"].to_numpy(), question["made_at"].to_numpy()
        last = np.full(len(names), -1)
        for together in np.split(np.arange(len(question)), np.flatnonzero(time[1:] != time[:-1]) + 1):
            last[who[together]] = position[together]
            for row in together:
                others = (last >= 0) & (np.arange(len(names)) != who[row])
                if others.any():
                    called = others & is_crowd
                    crowd[position[row]] = probability[last[called if called.any() else others]].mean()
                    peer[position[row]] = 100.0 * _mean_distance(log_given[position[row]], log_given[last[others]])
    return crowd, peer


def _mean_distance(own: float, others: np.ndarray) -> float:
    """Mean of own minus others' logs; who gave nothing to what happened is level with others who did."""
    with np.errstate(invalid="ignore"):
        apart = own - others
    return float(np.where(np.isnan(apart), 0.0, apart).mean())


def _score_distributions(table: pd.DataFrame) -> pd.DataFrame:
    """CRPS, absolute error of the median, PIT, and the CRPS of staying at the origin's score."""
    quantiles = table["distribution"].map(lambda said: isinstance(said, dict) and "levels" in said).astype(bool)
    rows = table[quantiles & table["probability"].isna() & table["outcome"].notna()]
    alike = rows["distribution"].map(lambda d: tuple(d["levels"]))
    parts = [
        _score_quantiles(rows.loc[index], np.array(levels)) for levels, index in alike.groupby(alike).groups.items()
    ]
    empty = pd.DataFrame(columns=["crps", "median", "pit"], dtype="float64")
    scored = pd.concat([empty, *parts]) if parts else empty
    origin = rows["details"].map(lambda d: d.get("origin_score", np.nan) if isinstance(d, dict) else np.nan)
    outcome = rows["outcome"]
    return scored.assign(
        abs_error=(scored["median"] - outcome).abs(), persistence=(origin.astype("float64") - outcome).abs()
    )


def _score_quantiles(rows: pd.DataFrame, levels: np.ndarray) -> pd.DataFrame:
    """Scores of distributions that share their levels."""
    outcome, q = rows["outcome"].to_numpy(float), np.array([d["quantiles"] for d in rows["distribution"]])
    return pd.DataFrame(
        {
            "crps": crps_uneven(outcome, q, levels),
            "median": [np.interp(0.5, levels, row) for row in q],
            "pit": [np.interp(y, row, levels, left=0.0, right=1.0) for y, row in zip(outcome, q, strict=True)],
        },
        index=rows.index,
    )


def _levels_table(scored: pd.DataFrame) -> pd.DataFrame:
    """One row per distribution and level: was the outcome at or below the quantile?"""
    rows = scored[scored["pit"].notna()]
    return pd.DataFrame(
        [
            {"level": round(level, 6), "below": outcome <= quantile}
            for d, outcome in zip(rows["distribution"], rows["outcome"], strict=True)
            for level, quantile in zip(d["levels"], d["quantiles"], strict=True)
        ],
        columns=["level", "below"],
    )


def _summary(part: pd.DataFrame, rng: np.random.Generator, draws: int) -> dict[str, float]:
    means = part.groupby("subject")[[*LOSSES, "baseline", "peer"]].mean()
    counts = _resamples(len(means), rng, draws)
    row: dict[str, float] = {
        "forecasts": len(part),
        "questions": len(means),
        "ahead": float(part["said"].isin(FORETOLD).mean()),
    }
    for name in LOSSES:
        row |= _with_interval(name, means[name].to_numpy(), np.ones(len(means)), counts)
    row |= {name: round(float(means[name].mean()), 9) + 0.0 for name in ("baseline", "peer")}
    for name in REFERENCES:
        row |= _skill(name, part, means.index, counts)
    return row | _calibration_of(part)


def _resamples(n: int, rng: np.random.Generator, draws: int) -> np.ndarray:
    """How often each of n questions is drawn in each of ``draws`` samples of n with replacement, (draws, n)."""
    return rng.multinomial(n, np.full(n, 1.0 / n), size=draws).astype(np.int32)


def _with_ends(value: float, low: float, high: float) -> str | None:
    if np.isnan(value):
        return None
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _with_interval(name: str, over: np.ndarray, under: np.ndarray, counts: np.ndarray) -> dict[str, float]:
    """The ratio of two means over questions, bootstrapped; questions where either is missing are left out."""
    usable = ~(np.isnan(over) | np.isnan(under))
    if not usable.any():
        return {name: np.nan, f"{name}_low": np.nan, f"{name}_high": np.nan}
    over, under, drawn = over[usable], under[usable], counts[:, usable]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = (drawn @ over) / (drawn @ under)
        ratio = float(over.sum() / under.sum())
    ratios = ratios[np.isfinite(ratios)]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(ratios, [tail, 1 - tail]) if usable.sum() > 1 and len(ratios) else (np.nan, np.nan)
    return {name: ratio, f"{name}_low": float(low), f"{name}_high": float(high)}


def _skill(reference: str, part: pd.DataFrame, subjects: pd.Index, counts: np.ndarray) -> dict[str, float]:
    """1 - loss / reference's loss, over the rows on which the reference has one."""
    rows = part[part[reference].notna()]
    loss = rows["crps"].where(rows["crps"].notna(), rows["brier"])
    means = pd.DataFrame({"loss": loss, "reference": rows[reference]}).groupby(rows["subject"]).mean().reindex(subjects)
    ratio = _with_interval("ratio", means["loss"].to_numpy(), means["reference"].to_numpy(), counts)
    name = f"skill_{reference}"
    return {name: 1 - ratio["ratio"], f"{name}_low": 1 - ratio["ratio_high"], f"{name}_high": 1 - ratio["ratio_low"]}


def _calibration_of(part: pd.DataFrame) -> dict[str, float]:
    """Calibration of the probabilities, each question weighing the same; missing without any."""
    names = ["miscalibration", "discrimination", "uncertainty", "ece", "spiegelhalter_p"]
    rows = part[part["brier"].notna() & part["probability"].notna()]
    if rows.empty:
        return dict.fromkeys(names, np.nan)
    o, p = rows["outcome"].to_numpy(float), rows["probability"].to_numpy(float)
    weights = (1.0 / rows.groupby("subject")["subject"].transform("size")).to_numpy(float)
    corp = corp_decomposition(o, p, weights=weights)
    ece = expected_calibration_error(o, p, bins=CALIBRATION_BINS, weights=weights)
    test = spiegelhalter(o, p).p_value
    values = [corp.miscalibration, corp.discrimination, corp.uncertainty, ece, test]
    return dict(zip(names, values, strict=True))
