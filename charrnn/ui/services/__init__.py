"""What the tabs and the endpoints share, without any UI: models, texts, time slices, caches."""
