"""N-gram models: the baselines of a text, and the targets that smoothing mixes in."""
