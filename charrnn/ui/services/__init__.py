"""Services behind the page: request checks, limits per user and caches. None of them draws."""
