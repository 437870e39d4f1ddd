"""From a statement's words to a criterion: which of the few forms it has, and what each of its parts names."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any

from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import fold
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.base import Kind, Measured
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.not_ import Not
from scale_forecast.resolvers.kinds.numeric import Numeric
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape
from scale_forecast.resolvers.questions.scope import Scope
from scale_forecast.resolvers.questions.wording.clauses import NUMBERS, Clauses, number, read_clauses
from scale_forecast.resolvers.questions.wording.vocabulary import Place, Vocabulary

EXAMPLES = (
    "NeQA resolves with scale by 2024-11-15",
    "PaLM 2T scores above 80% on MMLU",
    "PaLM 540B beats Chinchilla 70B on MMLU/formal_logic",
    "at least 2 of neqa, memo-trap, sig-figs turn U-shaped by 2025",
)
_NUMBER = r"[0-9]*\.?[0-9]+(?:e-?[0-9]+)?"
_VALUE = rf"(?P<value>-?{_NUMBER}) ?(?P<unit>%|percent\b|per cent\b|points\b)?"
_SIDES = {
    "at_least": r">=|at least|no less than|not less than|not below|a minimum of",
    "above": r">|above|over|more than|greater than|higher than|in excess of|exceeding",
    "at_most": r"<=|at most|no more than|not more than|not above|up to|a maximum of",
    "below": r"<|below|under|less than|lower than",
}
_SIDE = "|".join(f"(?P<{side}>{words})" for side, words in _SIDES.items())
_NOT = r"(?P<negated>(?:does|do|did|will|would|can|is|are) ?(?:not|n't)|cannot|won't|fails? to|never) "
_REACH = (
    r"(?P<verb>scores?|scoring|gets?|getting|has|have|achieves?|achieving|attains?|obtains?|shows?|reports?|is|are|be"
    r"|reach(?:es|ing)?|hits?|hitting|exceeds?|surpass(?:es)?|pass(?:es)?|crosses|cross|tops?|breaks?)"
)
_BEYOND = {"exceed", "surpass", "pass", "cross", "top", "break"}
_ON = r"(?:on|at|in|for)(?: the)?(?: task| benchmark| dataset)?"
_TASK_VERBS: dict[type[Measured], str] = {
    Reversal: (
        r"(?:(?:is|are|be|gets?|becomes?) )?(?:resolves?|resolved|reverses?|reversed|reversal)"
        r"(?: (?:(?:with|by|through) (?:more )?scale|(?:its|their) inverse scaling))?"
    ),
    UShape: (
        r"(?:(?:turns?|turned|becomes?|become|is|are|be|go(?:es)?|shows?|demonstrates?|exhibits?|displays?|has|have) )?"
        r"(?:to be )?(?:an? )?u[- ]?shaped?(?:[- ](?:scaling|curves?|trends?))?"
    ),
}
_BEATS = (
    r"(?:beats?|outperforms?|outscores?|surpass(?:es)?|exceeds?|tops?|overtakes?"
    r"|(?:is|are|be|scores?|performs?|does|do) (?:better|higher|more) than|wins? (?:against|over))"
)
_LOSES = r"(?:loses? to|trails|falls behind|(?:is|are|be|scores?|performs?|does|do) (?:worse|lower|less) than)"
_GAINS = r"(?P<gain>improves?|gains?|(?:is|gets?) better|recovers?)"
_CLEARLY = re.compile(
    r",? ?\b(?:beyond (?:the )?noise|significantly|clearly|by more than (?:two|2) standard errors)\b", re.IGNORECASE
)
_ANYONE = re.compile(
    r"^(?:(?:any|a|an|some|at least one|one|single|the best|the|first|public|new|published) )*"
    r"(?:(?:ai|language|large language|machine learning|ml) )?(?:models?|ai|llms?|systems?|ai systems?)$"
)  # fmt: skip
_EVERYONE = re.compile(r"^(?:every|each|all)(?: of the)?(?: measured)?(?: model)? famil(?:y|ies)$", re.IGNORECASE)
_OF_FAMILY = re.compile(r"^(?:(?:any|a|an|some|the|one|the best) )?(?P<family>.+?)(?: (?:family|model|models))?$")


@dataclass(frozen=True)
class Read:
    """A criterion with what its clauses said: its own deadline, and the scope its models and series are limited to."""

    criterion: Kind
    deadline: dt.date | None
    scope: dict[str, Any]


class Reader:
    """Reads statements in the names of a vocabulary; ``opened`` is the day relative deadlines count from."""

    def __init__(self, vocabulary: Vocabulary, opened: dt.date) -> None:
        self.vocabulary = vocabulary
        self.opened = opened

    def statement(self, text: str) -> Read:
        """One statement without ``and`` or ``or`` between verbs.

        Raises
        ------
        UsageError
            When it has no known form, or names what is not known.
        """
        clauses = read_clauses(text, self.vocabulary, self.opened)
        for form in (self._over_tasks, self._first, self._threshold, self._comparison, self._numeric):
            criterion = form(clauses)
            if criterion is not None:
                break
        else:
            raise UsageError(self._puzzled(clauses.statement or text))
        return Read(criterion, clauses.deadline, clauses.scope)

    # --- forms; each is None where the words are of another form

    def _over_tasks(self, clauses: Clauses) -> Kind | None:
        """``TASKS resolve with scale``, ``K of TASKS turn U-shaped``."""
        for kind, verbs in _TASK_VERBS.items():
            match = _match(rf"(?P<tasks>.+?) (?:{_NOT})?{verbs}", clauses.statement)
            match = match or _match(rf"inverse scaling {_ON} (?P<tasks>.+?) (?:{_NOT})?{verbs}", clauses.statement)
            if match is None:
                continue
            tasks = re.sub(r"^inverse scaling (?:on|of|in) ", "", match["tasks"], flags=re.IGNORECASE)
            tasks = re.sub(r",? (?:all|both|each)$", "", tasks, flags=re.IGNORECASE)
            if self.vocabulary.who(tasks) is not None and not self.vocabulary.find_tasks(tasks):
                raise UsageError(
                    f"{tasks!r} is a model or a family: say which task, as in 'neqa resolves with scale in {tasks}'"
                )
            maker = _maker(kind)
            return self._each(tasks, clauses, maker, negated=bool(match["negated"]))
        return None

    def _first(self, clauses: Clauses) -> Kind | None:
        """``first model to score 0.9 on MMLU before 2026``."""
        match = _match(
            r"(?:there is |we see )?(?:the |a )?first (?P<who>.+?) (?:to|that|which) (?P<rest>.+)", clauses.statement
        )
        if match is None or clauses.deadline is None:
            return None
        inner = self._threshold(Clauses(f"{match['who']} {match['rest']}", None, clauses.metric, clauses.scope))
        if inner is None or not inner.may_be_dated:
            return None
        return FirstBy.model_validate({"event": inner, "by": clauses.deadline})

    def _threshold(self, clauses: Clauses) -> Kind | None:
        """``MODEL scores above 80% on TASK``, in a few orders."""
        of = r"(?: (?:an? )?(?:score|accuracy|average|performance|result)(?: of)?)?"
        more = r"(?P<more> (?:or|and) (?P<way>more|higher|better|above|less|lower|fewer|below|worse))?"
        forms = (
            rf"(?P<who>.+?) (?:{_NOT})?{_REACH}{of}(?: (?:{_SIDE}))? {_VALUE}{more}{of}(?: {_ON}) (?P<tasks>.+)",
            rf"(?P<who>.+?)(?:'s?)? (?:{_NOT})?(?:scores?|accuracy|performance|loss) {_ON} (?P<tasks>.+?) "
            rf"(?:{_REACH} )?(?:(?:{_SIDE}) )?{_VALUE}{more}",
            rf"(?P<tasks>.+?) (?:score|accuracy) of (?P<who>.+?) {_REACH}(?: (?:{_SIDE}))? {_VALUE}{more}",
            rf"(?P<who>.+?)(?<! by) (?:{_SIDE}) ?{_VALUE} {_ON} (?P<tasks>.+)",
            rf"(?P<tasks>.+?) (?:{_NOT})?(?:{_REACH} )?(?:(?:{_SIDE}) ?)?{_VALUE}{more}",
        )
        for form in forms:
            match = _match(form, clauses.statement)
            said = match.groupdict() if match else {}
            if match is None or ("who" not in said and not self.vocabulary.find_tasks(match["tasks"])):
                continue
            who, negated = said.get("who") or "any model", bool(said.get("negated"))
            if nobody := re.match(r"no (?:other )?", who, re.IGNORECASE):
                who = "any " + who[nobody.end() :]
            scope = self._who(re.sub(r"'s$", "", who))
            if negated and "who" in said and not nobody and (not scope or "over" in scope):
                raise UsageError(
                    f"'not' after {who!r} can be read two ways: write 'no model ...', or say the other side"
                )
            maker = _threshold_maker(match, _scope(scope), self.vocabulary.lower_is_better)
            sides = self._families_of(scope)
            return self._each(match["tasks"], clauses, maker, sides, negated=bool(nobody) != negated)
        return None

    def _comparison(self, clauses: Clauses) -> Kind | None:
        """``A beats B on TASK``, ``A improves on TASK``: better than a rival, or than the next smaller model."""
        text = clauses.statement
        clearly = bool(_CLEARLY.search(text))
        text = _CLEARLY.sub("", text).strip(" ,")
        margin = (
            rf"(?: by (?:at least |more than )?(?P<margin>{_NUMBER}) ?(?P<unit>%|percent(?:age points)?|points?)?)?"
        )
        against = rf"(?P<a>.+?) (?:{_NOT})?{_BEATS} (?P<b>.+?){margin} {_ON} (?P<tasks>.+?)"
        gains = rf"(?P<a>.+?) (?:{_NOT})?{_GAINS}(?: (?:on|over|upon) (?P<b>.+?))?{margin} {_ON} (?P<tasks>.+?)"
        late = margin.replace("margin", "late").replace("unit", "late_unit")
        loses = against.replace(_BEATS, _LOSES)
        for form in (against, f"{against}{late}", loses, gains):
            match = _match(form, text)
            if match is None:
                continue
            better = self._who(match["a"])
            worse = self._who(match["b"]) if match["b"] else self._origin(better, match["a"])
            if form is loses:
                better, worse = worse, better
            if not worse:
                raise UsageError(
                    f"{match['b']!r} may mean some or every model: name the one, or the family, to be beaten"
                )
            if "over" in better or "over" in worse:
                raise UsageError(f"{text!r} compares with every family: name two models or families")
            if better == worse:
                raise UsageError(f"{text!r} compares {match['a']} with itself: name another model or family")
            points, unit = match["margin"], match["unit"]
            if points is None and "late" in match.re.groupindex:
                points, unit = match["late"], match["late_unit"]
            beyond = clearly or (match.groupdict().get("gain") or "").lower().startswith("recover")
            least = float(points or 0.0) / (100.0 if unit else 1.0)
            maker = _maker(Comparison, better=Scope(**better), worse=Scope(**worse), margin=least, beyond_noise=beyond)
            sides = self._families_of(better) + self._families_of(worse)
            return self._each(match["tasks"], clauses, maker, sides, negated=bool(match["negated"]))
        if (match := _match(rf"(?P<tasks>.+?) {_GAINS}", text)) and self.vocabulary.find_tasks(match["tasks"]):
            raise UsageError(f"{text!r} does not say which model does: write 'PaLM 540B improves on {match['tasks']}'")
        return None

    def _numeric(self, clauses: Clauses) -> Kind | None:
        """``the best score on TASK``, ``state of the art on TASK``."""
        what = r"(?:score|accuracy|loss|performance|result|value|number)"
        match = _match(
            rf"(?:what (?:is|will be|will) )?(?:the )?(?:(?P<which>highest|best|top|lowest|worst|first)(?: {what})?"
            rf"|(?P<art>(?:state[- ]of[- ]the[- ]art|sota)(?: {what})?))"
            rf"(?: (?:of|by) (?P<who>.+?))? {_ON} (?P<tasks>.+?)(?: be)?",
            clauses.statement,
        )
        if match is None:
            return None
        scope = self._who(match["who"]) if match["who"] else {}
        place, metric = self._place(match["tasks"], clauses, self._families_of(scope))
        which = (match["which"] or "best").lower()
        lower = fold(metric) in self.vocabulary.lower_is_better
        statistic = {
            "best": "lowest" if lower else "highest",
            "worst": "highest" if lower else "lowest",
            "top": "highest",
        }
        return Numeric.model_validate(
            {
                **_measured(place, metric),
                "if_nothing": "annul" if place.has_scores else "open",
                "statistic": statistic.get(which, which),
                "scope": _scope(scope),
            }
        )

    # --- parts

    def _who(self, words: str) -> dict[str, Any]:
        """Scope fields of the models some words mean."""
        words = words.strip(" ,'\"`")
        if _ANYONE.match(words.lower()):
            return {}
        if _EVERYONE.match(words):
            return {"over": "all"}
        found = self.vocabulary.who(words)
        if found is None and (match := _OF_FAMILY.match(words)):
            found = self.vocabulary.who(match["family"])
        if found is not None:
            return found
        several = [self.vocabulary.who(part.strip()) for part in re.split(r", | or |, or ", words)]
        if len(several) > 1 and all(several):
            kinds = {tuple(scope) for scope in several if scope}
            if kinds in ({("model",)}, {("family",)}):
                kind = kinds.pop()[0]
                return {kind: tuple(scope[kind] for scope in several if scope)}
        if self.vocabulary.find_tasks(words):
            raise UsageError(f"{words!r} is a task: say which model, as in 'PaLM 540B improves on {words}'")
        raise self.vocabulary.unknown_model(words)

    def _origin(self, better: dict[str, Any], words: str) -> dict[str, Any]:
        """The family's largest model below the one that should gain."""
        model = better.get("model")
        smaller = self.vocabulary.smaller(model) if isinstance(model, str) else None
        if smaller is None:
            raise UsageError(f"{words!r} has no smaller model of its family to gain on: write 'A beats B on TASK'")
        return {"model": smaller}

    def _families_of(self, scope: dict[str, Any]) -> tuple[frozenset[str], ...]:
        """Families (folded) that some scope fields name, as one side of a statement; none for any model."""
        models, families = (_as_tuple(scope.get(name, ())) for name in ("model", "family"))
        named = frozenset(map(fold, [*map(self.vocabulary.family_of, models), *families]))
        return (named,) if named else ()

    def _each(
        self,
        words: str,
        clauses: Clauses,
        make: Callable[[Place, str], Measured],
        sides: tuple[frozenset[str], ...] = (),
        *,
        negated: bool = False,
    ) -> Kind:
        """The criterion of one task, or of several: all, any, or at least so many of them; or that none holds."""
        quantity, words = _quantity(words)
        names, joined = self._names(re.sub(r"^(?:both|either|all) ", "", words.strip(), flags=re.IGNORECASE))
        if len(names) == 1 and quantity is None:
            one = make(*self._place(names[0], clauses, sides))
            return Not(of=one) if negated else one
        if len(names) == 1:
            raise UsageError(f"{words.strip()!r} is a single task: list several, as in 'at least 2 of neqa, memo-trap'")
        if negated and (quantity is not None or joined == "or"):
            raise UsageError(f"'not' with {words.strip()!r} can be read two ways: write 'none of' or 'at least 1 of'")
        parts = tuple(make(*self._place(name, clauses, sides)) for name in names)
        if twice := next((name for k, name in enumerate(names) if parts[k] in parts[:k]), None):
            raise UsageError(f"{twice.strip()!r} is in the list twice: name each task once")
        if quantity is None:
            return Not(of=AnyOf(of=parts)) if negated else (AnyOf if joined == "or" else AllOf)(of=parts)
        least = quantity(len(parts))
        if not 0 <= least <= len(parts):
            raise UsageError(f"at least {least} of {len(parts)} tasks cannot be: list more or ask for fewer")
        if least == 0:
            return Not(of=AnyOf(of=parts))
        return Count(of=parts, at_least=least)

    def _place(self, name: str, clauses: Clauses, sides: tuple[frozenset[str], ...]) -> tuple[Place, str]:
        place = self.vocabulary.task(name, sides or self._families_of(clauses.scope))
        return place, self.vocabulary.metric(place, clauses.metric)

    def _names(self, words: str) -> tuple[list[str], str | None]:
        """The names in a list, and the word that joins them; a known name is not taken apart."""
        if self.vocabulary.find_tasks(words):
            return [words], None
        pieces = re.split(r"(, ?and |, ?or |, ?| and | or | & )", words)
        names, joints = [pieces[0]], []
        for joint, piece in zip(pieces[1::2], pieces[2::2], strict=True):
            whole = names[-1] + joint + piece
            if self.vocabulary.find_tasks(whole) and not self.vocabulary.find_tasks(piece):
                names[-1] = whole
            else:
                names.append(piece)
                joints.append(joint.strip(" ,"))
        words_used = {joint for joint in joints if joint in ("and", "or")}
        if len(words_used) > 1:
            raise UsageError(f"{words!r} mixes 'and' with 'or': use one of them")
        return [name for name in names if name.strip()] or [words], (words_used or {None}).pop()

    def _puzzled(self, text: str) -> str:
        return f"cannot read {text[:80]!r}: write it like {_listed(EXAMPLES)}"


def _match(pattern: str, text: str) -> re.Match[str] | None:
    return re.fullmatch(pattern, text, re.IGNORECASE)


def _measured(place: Place, metric: str) -> dict[str, Any]:
    """Fields of a measured criterion. Without any score on record it waits for a ruling."""
    fields = {"task": place.task, "benchmark": place.benchmark, "metric": metric}
    return fields if place.has_scores else {**fields, "if_nothing": "open"}


def _maker(kind: type[Measured], **fields: Any) -> Callable[[Place, str], Measured]:
    return lambda place, metric: kind(**_measured(place, metric), **fields)


def _threshold_maker(
    match: re.Match[str], scope: Scope | None, lower_is_better: frozenset[str]
) -> Callable[[Place, str], Measured]:
    def make(place: Place, metric: str) -> Threshold:
        side: Any = _side_of(match, lower=fold(metric) in lower_is_better)
        return Threshold(**_measured(place, metric), score=_score(match, metric), side=side, scope=scope)

    return make


def _scope(fields: dict[str, Any]) -> Scope | None:
    return Scope(**fields) if fields else None


def without_denial(text: str) -> tuple[bool, str]:
    """Whether words begin by denying what follows, and what follows."""
    for pattern in (r"it is (?:not the case|not true|false) that ", r"not:? "):
        if match := re.match(pattern, text, re.IGNORECASE):
            return True, text[match.end() :]
    return False, text


def _side_of(match: re.Match[str], *, lower: bool) -> str:
    """Which side of the line counts; without a word for it, the better one."""
    said = match.groupdict()
    if way := (said.get("way") or "").lower():
        upward = lower != (way == "better") if way in ("better", "worse") else way in ("more", "higher", "above")
        return "at_least" if upward else "at_most"
    for side in _SIDES:
        if said[side]:
            return side
    beyond = any((said.get("verb") or "").lower().startswith(word) for word in _BEYOND)
    return ("below" if lower else "above") if beyond else ("at_most" if lower else "at_least")


def _as_tuple(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


SHARES = ("accuracy", "exact_match", "multiple_choice_grade", "preferred", "acc_norm", "f1")


def _score(match: re.Match[str], metric: str) -> float:
    value = float(match["value"])
    score = round(value / 100.0, 10) if match["unit"] else value
    if metric not in SHARES or 0.0 <= score <= 1.0:
        return score
    said = f"{match['value']}{match['unit'] or ''}"
    if 1.0 < value <= 100.0 and not match["unit"]:
        raise UsageError(f"{said} is outside 0 to 1 for {metric}: write {match['value']}% or {value / 100:g}")
    raise UsageError(f"{said} is outside 0 to 1 (100%), between which {metric} always is: ask for another score")


def _quantity(words: str) -> tuple[Callable[[int], int] | None, str]:
    """How many of a list are needed, as a function of its length, and the list."""
    count = rf"[0-9]+|{'|'.join(NUMBERS)}"
    match = re.match(
        rf"(?P<exact>exactly )?(?:at least )?(?P<share>(?P<k>{count})(?:/(?P<n>[0-9]+))?|half|most|all|both|any|none|no"
        r"|each|every|three quarters|two thirds|one third|a quarter)(?: one)? of (?:the )?"
        rf"(?:(?:{count}) )?(?:tasks |of )?",
        words.strip(),
        re.IGNORECASE,
    )
    if match is None:
        return None, words
    rest = words.strip()[match.end() :].strip(" :")
    if match["exact"]:
        raise UsageError("'exactly' is no form: ask for at least so many")
    if match["n"]:
        if int(match["n"]) == 0:
            raise UsageError(f"{match['share']} is no share: write it as 3/4")
        share = Fraction(int(match["k"]) if match["k"].isdigit() else number(match["k"]), int(match["n"]))
        return (lambda n: ceil(share * n)), rest
    if match["k"]:
        least = number(match["k"])
        return (lambda n: least), rest
    shares = {
        "half": Fraction(1, 2), "three quarters": Fraction(3, 4), "two thirds": Fraction(2, 3),
        "one third": Fraction(1, 3), "a quarter": Fraction(1, 4),
    }  # fmt: skip
    word = match["share"].lower()
    if word in shares:
        return (lambda n: ceil(shares[word] * n)), rest
    if word == "most":
        return (lambda n: n // 2 + 1), rest
    return {"any": lambda n: 1, "none": lambda n: 0, "no": lambda n: 0}.get(word, lambda n: n), rest


def _listed(items: tuple[str, ...]) -> str:
    quoted = [f"'{item}'" for item in items]
    return ", ".join(quoted[:-1]) + f" or {quoted[-1]}"


_PREDICATE = re.compile(
    rf"\b(?:{_BEATS}|{_GAINS.replace('?P<gain>', '?:')}|scores?|reach(?:es)?|achieves?|gets?|hits?"
    r"|resolves?|resolved|reverses?|reversed|u[- ]?shaped?)\b",
    re.IGNORECASE,
)


def has_predicate(text: str) -> bool:
    """Whether some words could be a statement of their own."""
    return bool(_PREDICATE.search(text))
