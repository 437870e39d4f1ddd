"""Two families at equal compute and two organisations by date: what is said is what the tables say."""

import numpy as np
import pandas as pd
import pytest

import scale_forecast as sf
from scale_forecast.by_date.compare import Side, compare_records
from scale_forecast.data.dates import as_read
from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.frontier import bundled_frontier_tables
from scale_forecast.side_by_side import compare_families
from tests.worlds import make_panel, make_results


@pytest.fixture(scope="module")
def results():
    """A family Better whose every score is what Gamma's is at ten times the compute."""
    table = make_results()
    gamma = table[table["family"] == "Gamma"]
    better = gamma.assign(
        family="Better", line="Better", model=gamma["model"].str.replace("Gamma", "Better"),
        params=gamma["params"] / 10.0, train_flops=gamma["train_flops"] / 10.0,
    )  # fmt: skip
    return pd.concat([table, better], ignore_index=True)


@pytest.fixture(scope="module")
def found(results):
    return compare_families(make_panel(results), "Gamma", "Better")


def test_the_effective_compute_of_a_shifted_family_is_its_shift(found):
    inside = found.effective[np.isfinite(found.effective["times"]) & (found.effective["times"] > 0)]
    assert len(inside) >= 1
    assert inside["times"].tolist() == pytest.approx([10.0] * len(inside), rel=0.02)
    assert (inside["times_q10"] < 10.0).all()
    assert (inside["times_q90"] > 10.0).all()


def test_the_better_family_is_ahead_at_every_compute_and_the_lead_never_changes(found):
    assert (found.equal["gap"] > 0).all()
    assert (found.equal["prob_b_ahead"] > 0.95).all()
    assert np.isnan(found.crossing)
    assert set(found.tasks["ahead"]) <= {"b", "open"}


def test_the_other_way_round_the_gap_turns_its_sign(results, found):
    turned = compare_families(make_panel(results), "Better", "Gamma")
    assert turned.equal["gap"].tolist() == pytest.approx((-found.equal["gap"]).tolist())


def test_families_without_a_common_task_are_refused(results):
    other = results.assign(task=results["task"].where(results["family"] != "Better", "elsewhere " + results["task"]))
    with pytest.raises(DataError, match="no task has scores of both Gamma and Better"):
        compare_families(make_panel(other), "Gamma", "Better")


@pytest.fixture(scope="module")
def bundled():
    return sf.load()


def scores_of(tables, model, keep):
    rows = tables.results[(tables.results["model"] == model) & keep(tables.results)]
    return rows.set_index(["benchmark", "task", "metric", "shots", "prompt"])["score"]


def test_llama_and_llama_2_are_as_far_apart_as_their_table(bundled):
    """By hand: at the compute of Llama-2 13B (1.56e23), between LLaMA 13B (7.8e22) and 33B (2.73e23)."""
    found = sf.compare("LLaMA", "Llama-2", bundled)
    row = found.tables["equal_compute"].iloc[1]
    assert row["compute"] == pytest.approx(6 * 13e9 * 2e12, rel=0.02)
    every = lambda rows: rows["score"].notna()  # noqa: E731
    three = [scores_of(bundled, name, every) for name in ("LLaMA 13B", "LLaMA 33B", "Llama-2 13B")]
    both = pd.concat(three, axis=1, join="inner").to_numpy()
    share = np.log(row["compute"] / (6 * 13e9 * 1e12)) / np.log((32.5e9 * 1.4e12) / (13e9 * 1e12))
    by_hand = both[:, 2] - (both[:, 0] + share * (both[:, 1] - both[:, 0]))
    assert row["gap"] == pytest.approx(by_hand.mean(), abs=0.01)
    assert -0.03 < row["gap"] < 0.01


def test_palm_and_chinchilla_at_chinchillas_compute(bundled):
    """By hand: on MMLU Chinchilla's mean in its table, and PaLM's between its 62B and 540B in the validation split."""
    found = sf.compare("PaLM", "Chinchilla", bundled)
    mmlu = found.frame[found.frame["benchmark"] == "MMLU"]
    chinchilla = bundled.results[
        (bundled.results["model"] == "Chinchilla 70B") & (bundled.results["benchmark"] == "MMLU")
    ]
    whole = chinchilla[chinchilla["task"].isin(mmlu["task"])]["score"].mean()
    assert mmlu["score_b"].mean() == pytest.approx(whole, abs=0.01)
    palm = bundled.results[
        bundled.results["benchmark"].eq("MMLU (validation split)") & bundled.results["task"].isin(mmlu["task"])
    ]
    direct = palm[palm["prompt"].eq("direct")]
    ends = [direct.loc[direct["model"] == f"PaLM {size}", "score"].mean() for size in ("62B", "540B")]
    assert ends[0] < mmlu["score_a"].mean() < ends[1]
    assert found.tables["equal_compute"]["gap"].iloc[0] > 0
    (times,) = found.tables["effective_compute"]["times"]
    assert 1.0 < times < 540e9 * 780e9 / (70e9 * 1.4e12)


def test_two_organisations_stand_as_the_tables_by_date_have_it():
    """By hand, with nothing but pandas: each one's highest score, its day, and who had the other's level first."""
    frontier = bundled_frontier_tables()
    rows = as_read(frontier.scores, "dated").merge(frontier.releases[["model", "organisation"]], on="model")
    rows = rows[rows["known_on"].notna()]
    found = compare_records(rows, frontier.benchmarks, Side("OpenAI"), Side("Anthropic"))
    one = found[(found["task"] == "GPQA Diamond") & (found["evaluator"] == "Epoch AI")].iloc[0]
    way = rows[(rows["task"] == "GPQA Diamond") & (rows["evaluator"] == "Epoch AI")]
    best = way.groupby("organisation")["score"].max()
    assert one["score_a"] == best["OpenAI"]
    assert one["score_b"] == best["Anthropic"]
    leader, other = ("OpenAI", "Anthropic") if best["OpenAI"] > best["Anthropic"] else ("Anthropic", "OpenAI")
    assert one["ahead"] == leader
    there = way.loc[(way["organisation"] == leader) & (way["score"] >= best[other]), "known_on"].min()
    then = way.loc[(way["organisation"] == other) & (way["score"] >= best[other]), "known_on"].min()
    earlier = (then - there).days / 30.4375
    assert one["months_earlier"] == pytest.approx(earlier) if earlier >= 0 else np.isnan(one["months_earlier"])
    tier = found[(found["task"] == "FrontierMath Tier 4") & found["gap_q10"].notna()].iloc[0]
    same = rows[(rows["task"] == tier["task"]) & (rows["version"] == tier["version"])]
    held = [same[(same["model"] == tier[f"model_{s}"]) & (same["score"] == tier[f"score_{s}"])] for s in "ab"]
    reach = 1.2816 * np.hypot(*[part.sort_values("known_on")["stderr"].iloc[0] for part in held])
    assert [tier["gap_q10"], tier["gap_q90"]] == pytest.approx([tier["gap"] - reach, tier["gap"] + reach])


def test_two_days_stand_as_the_tables_by_date_have_it(bundled):
    """By hand: the highest score known on each day; of one organisation, and of everyone for a day alone."""
    frontier = bundled_frontier_tables()
    rows = as_read(frontier.scores, "dated").merge(frontier.releases[["model", "organisation"]], on="model")
    rows = rows[(rows["task"] == "GPQA Diamond") & (rows["evaluator"] == "Epoch AI")]
    for who in ("OpenAI@", ""):
        found = sf.compare(f"{who}2025-03-31", f"{who}2026-03-31", bundled, benchmark="GPQA Diamond")
        one = found.frame[found.frame["evaluator"] == "Epoch AI"].iloc[0]
        mine = rows[rows["organisation"] == "OpenAI"] if who else rows
        best = [mine.loc[mine["known_on"] <= pd.Timestamp(day), "score"].max() for day in ("2025-03-31", "2026-03-31")]
        assert one[["score_a", "score_b"]].tolist() == best
        assert one["gap"] == pytest.approx(best[1] - best[0])
        assert best[1] > best[0]
        assert one["ahead"] == found.b == f"{who[:-1] or 'everyone'} 2026-03-31"
        assert np.isnan(one["months_earlier"])
        assert one["changes"] == 0


def test_a_day_to_come_or_of_a_family_is_refused(bundled):
    with pytest.raises(UsageError, match="'OpenAI@2026-03-31' lies after 2025-06-01"):
        sf.compare("OpenAI@2025-03-31", "OpenAI@2026-03-31", bundled, as_of="2025-06-01")
    with pytest.raises(UsageError, match="'PaLM' is a family, which has no record by date"):
        sf.compare("PaLM@2024", "OpenAI", bundled)
    with pytest.raises(UsageError, match="'2024-13-40' is not a date"):
        sf.compare("2024-13-40", "OpenAI", bundled)


@pytest.mark.parametrize(("a", "b"), [("PaLM", "OpenAI"), ("OpenAI", "PaLM")])
def test_a_family_beside_an_organisation_is_refused_as_what_it_is(bundled, a, b):
    """'PaLM' was once unknown, did you mean 'PaLM'?"""
    with pytest.raises(UsageError, match="'PaLM' is a family, 'OpenAI' is none: give two families"):
        sf.compare(a, b, bundled)


def test_a_name_that_is_neither_a_family_nor_an_organisation_is_refused_with_the_nearest(bundled):
    with pytest.raises(UsageError, match=r"'Antropic' is unknown \(did you mean 'Anthropic'"):
        sf.compare("OpenAI", "Antropic", bundled)
    with pytest.raises(UsageError, match="'PaLM' twice"):
        sf.compare("PaLM", "PaLM", bundled)
