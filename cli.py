"""The door: starts the commands, as `forecast` does once installed."""

from scale_forecast.commands import main

if __name__ == "__main__":
    main()
