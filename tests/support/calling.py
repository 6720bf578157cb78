"""Bad input, given as a person or a program would: on the command line, in the form of the page, to
/train.

A test module takes the fixtures by assignment, `told = calling.told` and so on.
"""

import sys

import pytest

from charrnn.cli import main
from charrnn.errors import UserError
from charrnn.runs.limits import Limits
from charrnn.ui import api
from charrnn.ui.operations.training import TrainArguments, plan_run


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Calls the command line in this process: exit status, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["charrnn", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return call


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    """Where the app looks for uploaded files."""
    monkeypatch.setattr(api, "get_upload_folder", lambda: str(tmp_path))
    return tmp_path


def shown(form, request, locale="en"):
    """The report on the page, and the problem beside the text and beside the settings."""
    frame = form.validate(request, locale)
    return frame[form.report], frame[form.text_problem], frame[form.settings_problem]


def asked(corpus=None, text="", recipe="sprint", settings=None, seed=None):
    """What /train makes of its arguments."""
    files = api.uploaded_files(corpus)
    name = corpus if files is None else None
    return plan_run(Limits(), TrainArguments(name, text, recipe, settings, seed, files))


def refusal(act, *arguments, **named):
    with pytest.raises(UserError) as caught:
        act(*arguments, **named)
    return caught.value.message
