"""The two grammars of questions in words, made once: words to phrases, and phrases to statements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

_HERE = Path(__file__).parent


@cache
def phrase_grammar() -> Lark:
    """``phrases.lark``, which is read with one word of foresight."""
    return _load_grammar("phrases.lark", parser="lalr")


@cache
def statement_grammar() -> Lark:
    """``statements.lark``, of which every reading is wanted."""
    return _load_grammar("statements.lark", parser="earley", ambiguity="explicit")


def _load_grammar(name: str, **options: Any) -> Lark:
    import lark

    class Given(lark.lexer.Lexer):
        """Takes tokens as they are: the words are read before."""

        def __init__(self, settings: object) -> None:
            pass

        def lex(self, data: Sequence[lark.Token]) -> Iterator[lark.Token]:  # type: ignore[override]
            """The same tokens."""
            yield from data

    return lark.Lark((_HERE / name).read_text(encoding="utf-8"), lexer=Given, maybe_placeholders=False, **options)
