"""What an option may hold beyond text and numbers: sizes, days, amounts of memory."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import click
import pandas as pd

from scale_forecast.data.errors import UsageError
from scale_forecast.data.members import Members
from scale_forecast.data.sizes import parse_size, size_list


class Size(click.ParamType):
    """A size such as 540B, 540e9 or 1.3T."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        try:
            return parse_size(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Sizes(click.ParamType):
    """One size, or several with commas between: 1T,5T."""

    name = "sizes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        try:
            return value if isinstance(value, tuple) else size_list(value)
        except UsageError as error:
            self.fail(str(error), param, ctx)


class Day(click.ParamType):
    """A date such as 2022-11-15; a month or year alone means its first day."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> pd.Timestamp:
        if isinstance(value, pd.Timestamp):
            return value
        try:
            return pd.to_datetime(str(value), format="ISO8601").tz_localize(None).normalize()
        except ValueError:
            self.fail(f"{value!r} is not a date: write it as YYYY-MM-DD", param, ctx)


class Bytes(click.ParamType):
    """An amount of memory such as 500MB or 2GB."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([MG])i?B?\s*", str(value), re.IGNORECASE)
        size = float(match[1]) * (1 << (20 if match[2].upper() == "M" else 30)) if match else 0
        if size < 1 << 26:
            self.fail(f"{value!r} is no amount of memory of 64MB or more: write it as 500MB or 2GB", param, ctx)
        return int(size)


class MemberName(click.ParamType):
    """The name of a member of a kind; its help lists those that there are, other distributions' too."""

    name = "name"

    def __init__(self, members: Callable[[], Members[Any]]) -> None:
        self.members = members

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return f"[{'|'.join(self.members())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if value not in self.members():
            self.fail(f"{value!r} is not one of {', '.join(self.members())}", param, ctx)
        return str(value)


SIZE = Size()
SIZES = Sizes()
BYTES = Bytes()
DAY = Day()
