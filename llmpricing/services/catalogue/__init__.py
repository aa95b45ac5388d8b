"""Lists and details of offerings, and of the sources behind them, as they were known at two clocks."""
