"""N-gram models: the baselines of a text, and the soft targets that smoothing mixes in."""
