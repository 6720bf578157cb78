"""What the other packages share and the standard library lacks: files, locks, checks, processes."""
