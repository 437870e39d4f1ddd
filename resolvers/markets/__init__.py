"""Exchange with forecasting services. Receives probabilities and CDF arrays; never sees how a forecast arose."""
