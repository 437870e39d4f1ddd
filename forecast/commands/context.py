"""Where a command's context keeps what was typed, and whether its result has been printed."""

TYPED = "forecast.typed"
"""The arguments of the command, as they were typed."""
LINE = "forecast.line"
"""All that was typed."""
PRINTED = "forecast.printed"
"""True once the command has printed its result."""
