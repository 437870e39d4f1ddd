"""How good forecasts by date would have been: which windows count, the references, records and coming models."""
