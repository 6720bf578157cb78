"""The theme and the style sheets of the page.

Colors, sizes and the shapes that the tabs share are in `base.css`. Other style sheets are beside
the code of their component. All fonts are those of the operating system: the page loads nothing
from other servers.
"""

from __future__ import annotations

import inspect
from pathlib import Path

import gradio as gr

_UI = Path(__file__).parents[1]

# In this order: a later style sheet may override an earlier one.
_SHEETS = (
    "page/base.css",
    "page/tinted_text.css",
    "run_card/run_card.css",
    "generate/generate.css",
    "generate/lines.css",
    "novelty/novelty.css",
    "inspect/inspect.css",
    "inspect/second_model.css",
    "inspect/hidden_units.css",
    "inspect/step.css",
    "inspect/reach.css",
    "models/models.css",
    "push_dialog/push_dialog.css",
    "api_dialog/api_dialog.css",
    "train/summary.css",
    "train/start_model.css",
    "run_card/recent_runs.css",
    "page/forced_colors.css",
)

_SANS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans CJK SC",
         "PingFang SC", "Microsoft YaHei", "sans-serif")  # fmt: skip
_MONO = ("ui-monospace", "SFMono-Regular", "Menlo", "DejaVu Sans Mono", "Consolas",
         "Noto Sans Mono CJK SC", "monospace")  # fmt: skip


def theme() -> gr.themes.Base:
    """Return Gradio's base theme with the colors of `base.css`, which has light and dark ones."""
    variables = {
        "body_background_fill": "var(--paper)",
        "body_text_color": "var(--ink)",
        "body_text_color_subdued": "var(--soft)",
        "background_fill_primary": "var(--card)",
        "background_fill_secondary": "var(--paper)",
        "block_background_fill": "transparent",
        "block_border_width": "0px",
        "block_label_background_fill": "transparent",
        "block_label_text_color": "var(--soft)",
        "block_title_text_color": "var(--soft)",
        "block_title_text_weight": "600",
        "block_title_text_size": "13px",
        "block_info_text_color": "var(--soft)",
        "block_info_text_size": "13px",
        "block_padding": "0px",
        "block_shadow": "none",
        "border_color_primary": "var(--hairline)",
        "border_color_accent": "var(--accent)",
        "panel_background_fill": "transparent",
        "color_accent": "var(--accent)",
        "color_accent_soft": "var(--accent-soft)",
        "link_text_color": "var(--accent)",
        "input_background_fill": "var(--card)",
        "input_border_color": "var(--hairline)",
        "input_border_color_focus": "var(--accent)",
        "input_placeholder_color": "var(--soft)",
        "input_border_width": "1px",
        "input_radius": "8px",
        "input_text_size": "15px",
        "checkbox_background_color_selected": "var(--accent)",
        "checkbox_border_color": "var(--soft)",
        "checkbox_border_color_selected": "var(--accent)",
        "checkbox_label_background_fill": "var(--card)",
        "checkbox_label_background_fill_selected": "var(--card)",
        "checkbox_label_border_color": "var(--hairline)",
        "checkbox_label_text_color": "var(--ink)",
        "slider_color": "var(--accent)",
        "button_primary_background_fill": "var(--accent)",
        "button_primary_background_fill_hover": "var(--accent-deep)",
        "button_primary_border_color_hover": "var(--accent-deep)",
        "button_secondary_border_color_hover": "var(--soft)",
        "button_primary_text_color": "var(--on-accent)",
        "button_primary_border_color": "var(--accent)",
        "button_secondary_background_fill": "var(--card)",
        "button_secondary_background_fill_hover": "var(--paper)",
        "button_secondary_text_color": "var(--ink)",
        "button_secondary_border_color": "var(--hairline)",
        "button_large_radius": "10px",
        "button_small_radius": "8px",
        "button_large_text_size": "15px",
        "button_small_text_size": "15px",
        "button_large_padding": "12px 16px",
        "button_small_padding": "9px 14px",
    }
    base = gr.themes.Base(font=_SANS, font_mono=_MONO, text_size="md", radius_size="md")
    known = inspect.signature(base.set).parameters
    # The same for dark mode: there the CSS variables have other values.
    dark = {f"{name}_dark": value for name, value in variables.items()}
    return base.set(**variables, **{name: value for name, value in dark.items() if name in known})


def styles() -> str:
    """Return all style sheets of the page as one."""
    return "\n".join(map(asset, _SHEETS))


def asset(name: str) -> str:
    """Return the text of a file, given its path in the package `ui`."""
    return (_UI / name).read_text("utf-8")
