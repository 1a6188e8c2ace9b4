"""Ask carriers, take in what they say, and notice trouble."""
