"""What the commands do, a function each: where forecaster, judge, ledger and markets meet."""
