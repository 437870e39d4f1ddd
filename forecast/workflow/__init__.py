"""What the commands do, a function each: the public API, where forecaster, judge, ledger and markets meet."""
