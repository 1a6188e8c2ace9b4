"""Judges of former versions of return policies: what was decided by them is answered by them again."""
