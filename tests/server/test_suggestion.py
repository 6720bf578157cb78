"""What a click on the advice under a run fills in."""

import gradio as gr
from launching import app_context
from run_events import end, progress, start

from charrnn.runs.limits import Limits
from charrnn.runs.plan import make_plan
from charrnn.runs.run import Run
from charrnn.text import read_text
from charrnn.ui.train.base_settings import BaseSettings
from charrnn.ui.train.form_layout import build_form
from charrnn.ui.train.request import CUSTOM, OWN, TrainRequest
from charrnn.ui.train.suggestion import apply_suggestion

TEXT = "The cat, it sat. " * 900
RECIPE = "time-machine-concise"


def test_a_textbooks_run_is_tried_again_with_its_own_text_and_settings(tmp_path):
    with gr.Blocks():
        form = build_form(Limits())
    first = make_plan(read_text(TEXT), recipe=RECIPE)
    with app_context(tmp_path) as context:
        run = Run.create(context.runs.root, first)
        began = start(**run.manifest["training"]) | {"recipe": RECIPE}
        unlearned = [progress(step, train=7.2, held=None) for step in range(1, 30)]
        for event in (began, *unlearned, end(29, held=None)):
            run.event_log.append(event)
        filled = apply_suggestion(context, form, run.id)
    assert filled[form.recipe] == CUSTOM and filled[form.previous_choice]["recipe"] == RECIPE
    again = TrainRequest(
        corpus=OWN,
        paste=TEXT,
        recipe=CUSTOM,
        base_recipe=filled[form.previous_choice]["recipe"],
        base=BaseSettings.from_json(filled[form.custom.base]),
        settings={name: filled[box] for name, box in form.custom.fields.items()},
    )
    second = again.resolved().plan()
    assert second.corpus.sha256() == first.corpus.sha256(), "prepared in the same way"
    assert second.model == first.model
    assert (first.training.epochs, second.training.epochs) == (500, 5000)
