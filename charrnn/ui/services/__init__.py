"""Services behind the page, without any UI: request checks, limits per user, caches."""
