"""How much the hot paths cost, each beside the least that the same work can cost. `python -m benchmarks --help`."""
