"""Every study answers whatever results it is given: in tables and sentences, or by saying what is missing."""

import pickle
import re
from functools import cache

import numpy as np
import pandas as pd
import pytest

from scale_forecast.data.load import load
from scale_forecast.parallel import Workers
from scale_forecast.studies import inverse, logistic, metrics, noise, steps
from scale_forecast.studies.registry import STUDIES, run_studies
from scale_forecast.studies.report import pages, print_findings
from tests.studies import METRICS, made_results, made_tasks, tables_of

RNG = np.random.default_rng(0)
RANDOM = RNG.uniform(0, 1, size=(12, 6))
CASES = {
    "one model": made_results(np.full((3, 1), 0.5)),
    "nothing ever right": made_results(np.zeros((12, 4))),
    "one item a task": made_results(np.round(RANDOM), 1),
    "losses of unknown noise": made_results(1 + RANDOM, None, metric="loss"),
    "one task at many sizes": made_results(RNG.uniform(0, 1, size=(1, 12)), 100, smallest=2.0),
    "models of one size": made_results(RANDOM[:, :4], 100).assign(params=1e9),
    "holes": made_results(RANDOM, 100).sample(frac=0.6, random_state=1).reset_index(drop=True),
    "several shots": pd.concat([made_results(RANDOM[:, :3], 100, shots=s) for s in (0, 1, 5)], ignore_index=True),
}


SIMULATIONS = [
    (noise, "simulate"), (metrics, "simulate"), (inverse, "select_falls"), (logistic, "mixtures"),
    (logistic, "_momentum"), (logistic, "_simulated_states"), (steps, "_chains"),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _simulated_once():
    """What does not depend on the results need not be made again for each of them."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in SIMULATIONS:
            patch.setattr(module, name, cache(getattr(module, name)))
        yield


class Apart(Workers):
    """Does what processes do: each item, the work and what it returns packed, so that nothing is shared."""

    def map(self, work, items):
        for item in items:
            again, own = pickle.loads(pickle.dumps((work, item)))
            yield pickle.loads(pickle.dumps(again(own)))


def bytes_of(found):
    """All that studies found, pictures included, as the files of a report."""
    return {name: pages({name: findings}) for name, findings in found.items()}


def test_studies_find_the_same_whoever_does_them():
    names, tables = ["momentum", "middle"], tables_of(CASES["holes"], made_tasks(12, chance=0.25), METRICS)
    alone, apart = (run_studies(names, tables, workers=workers) for workers in (None, Apart(jobs=2)))
    assert list(apart) == names
    assert bytes_of(apart) == bytes_of(alone)


@pytest.mark.slow
def test_two_processes_find_what_one_does_in_every_study():
    alone, several = (run_studies(STUDIES, load(), workers=Workers(jobs)) for jobs in (1, 2))
    assert bytes_of(several) == bytes_of(alone)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_answers_in_numbers_or_says_what_is_missing(name, case):
    findings = run_studies([name], tables_of(CASES[case], made_tasks(12, chance=0.25), METRICS))[name]
    text = print_findings(findings)
    assert findings.sentences
    said = " ".join(findings.sentences)
    assert not re.search(r"\b(nan|inf|unknown)\b", said), text
    assert "Of 0 " not in said
    assert "figures" not in said.replace("the bundled figures", ""), "these are the user's own results"
