"""The card of a run: what happens in it, as it happens, and the list of the visitor's runs."""
