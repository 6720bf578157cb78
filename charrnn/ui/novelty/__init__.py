"""Writes or recites? A text is compared with the training text of the model that wrote it.

`server_functions.py` compares, and shows a copied stretch in its place in the training text. In the
browser, `report.js` draws what was found, and `underline.js` underlines what was copied in a text
that `page/tinted_text.js` has drawn. The Generate tab and the Inspect tab use both.
"""

from __future__ import annotations

from .server_functions import Comparer, compare_texts, show_copy, stop_comparison
from .strings import NOVELTY

__all__ = ["COMPARISON", "NOVELTY", "Comparer", "compare_texts", "show_copy", "stop_comparison"]

# What `report.js` asks the server for.
COMPARISON = (compare_texts, stop_comparison, show_copy)
