"""What a name says of a coming model is a rule that is told, and gives way to what the user says."""

import pandas as pd
import pytest

from scale_forecast.by_date.coming import describe_coming

RELEASES = pd.DataFrame(
    [
        ("GPT-4o", "OpenAI", "GPT", "flagship", "no", "2024-05-13"),
        ("GPT-5", "OpenAI", "GPT", "flagship", "yes", "2025-08-07"),
        ("GPT-5 mini", "OpenAI", "GPT", "small", "yes", "2025-08-07"),
        ("Claude Opus 4.5", "Anthropic", "Claude Opus", "flagship", "optional", "2025-11-24"),
        ("Claude Sonnet 5", "Anthropic", "Claude Sonnet", "mid", "optional", "2026-06-30"),
        ("Phi-4", "Microsoft", "Phi", None, "no", "2024-12-12"),
    ],
    columns=["model", "organisation", "product_line", "tier", "reasoning", "released"],
).assign(released=lambda table: pd.to_datetime(table["released"]))


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("GPT-6", "GPT-5"),
        ("gpt-6 mini", "GPT-5 mini"),
        ("Claude Opus 6", "Claude Opus 4.5"),
        ("Claude Haiku 6", "Claude Opus 4.5"),
        ("Zeta 1", None),
    ],
)
def test_a_model_is_taken_to_continue_the_newest_of_a_like_name(name, like):
    coming = describe_coming(name, pd.Timestamp("2027-02-01"), RELEASES)
    assert coming.like == like
    assert (coming.sentence() is None) == (like is None)


def test_what_the_user_says_stands_and_is_not_told_as_a_guess():
    coming = describe_coming("GPT-6", pd.Timestamp("2027-02-01"), RELEASES, tier="small", reasoning=False)
    assert (coming.model.organisation, coming.model.tier, coming.model.reasoning) == ("OpenAI", "small", False)
    assert set(coming.guessed) == {"organisation", "line"}


def test_nothing_is_learned_from_models_released_later():
    coming = describe_coming("GPT-5", pd.Timestamp("2025-01-01"), RELEASES)
    assert coming.like == "GPT-4o"
