"""Forecasts by date: models whose size nobody published, what benchmarks share, and the records to come."""
