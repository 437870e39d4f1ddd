"""`python -m scale_forecast` starts the commands, as `forecast` does."""

from scale_forecast.commands import main

if __name__ == "__main__":
    main(prog_name="forecast")
