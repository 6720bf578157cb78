"""Shared by all tabs: the theme, the header, the browser's storage, and retries of requests."""
