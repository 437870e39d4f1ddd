"""Names of tasks in result files of harnesses: suite, task, shots; and which of them average others."""

from __future__ import annotations

import re
from dataclasses import dataclass

from scale_forecast.data.readers.identity import as_dict

_AVERAGE = re.compile(r"(.+?)[:_]_?(?:average|avg|mean|overall)", re.IGNORECASE)
"""``mmlu:_average``: the mean of what begins like it."""
_OF_ALL = {"all", "average", "avg", "mean", "overall", "macro_average", "leaderboard"}
_PLAIN_SUITES = {"harness", "leaderboard", "lighteval", "community", "custom", "extended", "test", "multilingual"}
"""Suites that ask a task as it is usually asked."""


@dataclass(frozen=True)
class Named:
    """A task's name taken apart; ``suite`` where the suite asks it in a way of its own."""

    task: str
    shots: int | None = None
    suite: str | None = None


def read_name(name: str) -> Named:
    """What a name such as ``leaderboard|arc:challenge|25|0`` or ``gsm8k|5`` says.

    >>> read_name("harness|arc:challenge|25"), read_name("gsm8k|5")
    (Named(task='arc_challenge', shots=25, suite=None), Named(task='gsm8k', shots=5, suite=None))
    >>> read_name("helm|mmlu:anatomy|5|0"), read_name("wnli+prompt")
    (Named(task='mmlu_anatomy', shots=5, suite='helm'), Named(task='wnli+prompt', shots=None, suite=None))
    """
    parts = name.split("|")
    suite = None
    if len(parts) >= 3 and parts[2].strip().isdigit():
        suite, parts = parts[0], parts[1:]
    if len(parts) >= 2 and parts[1].strip().isdigit():
        plain = suite is None or suite in _PLAIN_SUITES or suite.isdigit()
        return Named(parts[0].replace(":", "_"), int(parts[1]), None if plain else suite)
    return Named(name.replace(":", "_") if len(parts) > 1 else name)


def averages(document: dict[str, object], results: dict[str, object]) -> dict[str, list[str]]:
    """Every task that averages others, with these, down to the leaves.

    From ``group_subtasks``, else from the indented aliases; from names that say average (``mmlu:_average``, ``all``);
    and where nothing is said, a task whose name begins those of others (``mmlu`` beside ``mmlu_anatomy``) and whose
    scores lie within theirs.
    """
    stated = as_dict(document.get("group_subtasks")).items()
    children = {str(g): [str(t) for t in ts] for g, ts in stated if isinstance(ts, list) and ts}
    children = children or _by_alias(results)

    def leaves(task: str, above: tuple[str, ...]) -> list[str]:
        if task not in children or task in above:
            return [task]
        return [leaf for child in children[task] for leaf in leaves(child, (*above, task))]

    found = {name: list(dict.fromkeys(leaves(name, ()))) for name in results if name in children}
    by_name = {name: _parts_of_average(name, results) for name in results if name not in found}
    found |= {name: parts for name, parts in by_name.items() if parts}
    return found | {
        name: parts
        for name in results
        if name not in found and (parts := _beginning_alike(name, results, found)) and _within(name, parts, results)
    }


def _parts_of_average(name: str, results: dict[str, object]) -> list[str]:
    """What a name that says average is the average of; the average of everything is not of other averages."""
    task = name.split("|")[1] if name.count("|") > 1 else name.split("|")[0]
    match = _AVERAGE.fullmatch(task)
    if match is None and task.casefold() not in _OF_ALL:
        return []
    others = [other for other in results if other != name and not _says_average(other)]
    if match is None:
        return others
    return [other for other in others if re.search(rf"(?:^|\\|){re.escape(match[1])}[:_]", other)]


def _says_average(name: str) -> bool:
    task = name.split("|")[1] if name.count("|") > 1 else name.split("|")[0]
    return task.casefold() in _OF_ALL or _AVERAGE.fullmatch(task) is not None


def _beginning_alike(name: str, results: dict[str, object], found: dict[str, list[str]]) -> list[str]:
    """At least two tasks that are called as this one with something behind it, and are no average themselves."""
    alike = [other for other in results if other not in found and re.match(rf"{re.escape(name)}[_:]", other)]
    return alike if len(alike) > 1 else []


def _within(name: str, parts: list[str], results: dict[str, object]) -> bool:
    """Whether every score of a task lies between those of its supposed parts, as an average does."""
    checked = False
    for metric, value in as_dict(results[name]).items():
        if "_stderr" in metric or isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        of_parts = [v for part in parts if isinstance(v := as_dict(results[part]).get(metric), (int, float))]
        if len(of_parts) == len(parts):
            checked = True
            if not min(of_parts) <= value <= max(of_parts):
                return False
    return checked


def _by_alias(results: dict[str, object]) -> dict[str, list[str]]:
    """A task whose successors' aliases are indented under it is their average (`` - subject``)."""
    children: dict[str, list[str]] = {}
    path: list[tuple[int, str]] = []
    for task, values in results.items():
        alias = str(as_dict(values).get("alias", ""))
        depth = (len(alias) - len(alias.lstrip(" "))) if alias.lstrip(" ").startswith("- ") else -1
        while path and path[-1][0] >= depth:
            path.pop()
        if depth >= 0 and path:
            children.setdefault(path[-1][1], []).append(str(task))
        path.append((depth, str(task)))
    return children
