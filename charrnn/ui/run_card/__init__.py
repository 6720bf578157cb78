"""The run card, which shows a run as it happens, and the list of the visitor's recent runs."""
