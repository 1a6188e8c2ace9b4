"""Return policies, one a file. Each file's `POLICY` is found by `portal.domain.returns.eligibility`."""
