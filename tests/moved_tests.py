"""Write `moved_tests.csv`: each test function of an older commit beside the one that keeps its promise now.

``python -m tests.moved_tests 3c7487b``. A test is found again by its name; `RENAMED` says what became of the others.
Where the default run leaves its successor to CI, the last column names what keeps the promise there (`thorough.csv`).
"""

import ast
import csv
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

from tests.thorough import dear_tests

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "tests" / "moved_tests.csv"
RENAMED = dict(
    [
        (
            "test_backtest_never_reads_what_the_fold_may_not_know",
            "test_no_predictor_knows_what_a_backtest_may_not",
        ),
        (
            "test_date_limited_forecasts_ignore_what_other_lines_published_later",
            "test_a_dated_backtest_says_the_same_whatever_came_later_or_is_as_large",
        ),
        (
            "test_nothing_is_learned_from_the_held_out_line",
            "test_what_is_learned_for_a_line_moves_with_other_lines_alone",
        ),
        (
            "test_predict_is_the_same_to_the_byte_whatever_the_target_line_scored_above",
            "test_predict_knows_nothing_that_is_as_large_or_came_later",
        ),
        (
            "test_predict_does_move_with_its_origin",
            "test_predict_does_move_with_what_may_be_known",
        ),
        (
            "test_rows_published_after_as_of_are_not_read",
            "test_predict_knows_nothing_that_is_as_large_or_came_later",
        ),
        (
            "test_leave_task_out_learns_nothing_from_other_lines_on_the_task",
            "test_leave_task_out_knows_neither_the_task_of_other_lines_nor_an_average_that_contains_it",
        ),
        (
            "test_by_date_trains_and_predicts_from_the_past_alone",
            "test_by_year_knows_nothing_of_what_came_later",
        ),
        (
            "test_a_target_carries_no_score_of_its_own",
            "test_a_forecast_reads_exactly_what_it_may_know",
        ),
        (
            "test_forecasts_made_when_the_outcome_was_public_are_told_apart",
            "test_only_what_the_ledger_recorded_in_time_is_ahead",
        ),
        (
            "test_published_correlations_come_out_of_the_bundled_figures",
            "test_the_published_correlation_comes_out_of_the_files",
        ),
        (
            "test_every_published_figure_is_printed_beside_ours",
            "test_only_what_somebody_published_is_said_to_be_published",
        ),
        (
            "test_an_address_that_is_no_ledger_is_said_without_its_password",
            "test_an_address_that_is_no_ledger_is_refused_where_only_the_package_is_installed",
        ),
        ("test_axe_finds_no_serious_violation", "test_axe_finds_no_violation"),
        ("test_combine_follows_the_criterion", "test_what_holds_follows_the_criterion"),
        (
            "test_directions_stated_in_a_file_are_handed_on",
            "test_a_direction_stated_in_a_file_goes_before_what_is_known_of_the_metric",
        ),
        ("test_every_command_of_the_readme_runs", "test_every_command_of_a_page_prints_what_the_page_says"),
        ("test_every_folder_with_modules_is_a_package", "test_every_folder_with_modules_is_a_package_of_the_list"),
        (
            "test_readme_says_what_the_studies_find_on_the_bundled_figures",
            "test_the_manual_says_what_the_studies_find_on_the_bundled_figures",
        ),
        (
            "test_the_subject_decides_between_benchmarks_that_share_a_task",
            "test_a_test_that_several_suites_ran_is_one_whatever_model_is_spoken_of",
        ),
        ("test_the_readmes_walk_through_prints_what_it_says", "test_the_manuals_walk_through_prints_what_it_says"),
        (
            "test_what_paid_a_share_has_no_ruling_and_annulled_stays_annulled",
            "test_what_paid_a_share_is_ambiguous_and_says_the_share",
        ),
    ]
)


def tests_in(sources):
    """``file::function`` of every test in files given as path and text."""
    for path, text in sources:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path}::{node.name}"


def git(*args):
    return subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=True).stdout


def sources_of(commit):
    for path in git("ls-tree", "-r", "--name-only", commit, "tests").splitlines():
        if path.endswith(".py") and path.rsplit("/", 1)[-1].startswith("test_"):
            yield path, git("show", f"{commit}:{path}")


def moved(old, new):
    """Pairs of an old test and its successor, empty where there is none: of its name, in a file of its name first."""
    by_name = defaultdict(list)
    for test in new:
        by_name[test.split("::")[1]].append(test)
    for test in old:
        path, name = test.split("::")
        same = by_name[RENAMED.get(name, name)]
        there = [other for other in same if other.split("::")[0].rsplit("/", 1)[-1] == path.rsplit("/", 1)[-1]]
        yield test, next(iter(there or same), "")


if __name__ == "__main__":
    files = [(path.relative_to(ROOT).as_posix(), path.read_text()) for path in sorted(ROOT.glob("tests/**/test_*.py"))]
    pairs = list(moved(list(tests_in(sources_of(sys.argv[1]))), list(tests_in(files))))
    with TABLE.open("w", newline="", encoding="utf-8") as file:
        kept = dear_tests()
        rows = [(before, now, " and ".join(sorted(kept.get(now, ())))) for before, now in pairs]
        csv.writer(file).writerows([("before", "now", "by default"), *rows])
    lost = [test for test, now in pairs if not now]
    print(len(pairs), "tests,", len(lost), "without a successor of the same name:", *lost, sep="\n")
