"""One exception rule a file; each ends with `RULE = ...` and is found by listing this folder."""
