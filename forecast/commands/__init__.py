from scale_forecast.commands.everything import main

__all__ = ["main"]
