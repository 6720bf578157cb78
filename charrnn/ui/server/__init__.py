"""What every request passes before an event sees it: who sends it, and what it may ask for."""
