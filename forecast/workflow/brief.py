"""Show what a command found in one line at a prompt, where a dataclass would print all its tables."""

from __future__ import annotations

from typing import ClassVar

from scale_forecast.data.names import count_of


class Brief:
    """A result shown as its name and how long its main table is; a subclass is a dataclass with ``repr=False``."""

    main_table: ClassVar[str] = "table"

    def __repr__(self) -> str:
        rows = count_of(len(getattr(self, self.main_table)), "row")
        return f"<{type(self).__name__}: {rows} in .{self.main_table}>"
