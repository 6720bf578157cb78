"""Helpers that know nothing of models: files, locks, validation, processes."""
