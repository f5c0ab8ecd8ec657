"""Both adapters under many shoppers, faults and restarts: `python -m tests.soak`, by hand only."""
