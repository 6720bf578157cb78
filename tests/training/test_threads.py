"""The setting `threads` is bounded by the machine."""

import pytest
from small_runs import QUICK, SMALL, corpus, planned, run, with_changes

from charrnn.errors import UserError
from charrnn.training import train
from charrnn.training.step import TrainStep
from charrnn.ui import i18n
from charrnn.utils.process import available_cores

pytestmark = pytest.mark.usefixtures("no_picture")

TOO_MANY = available_cores() + 1


def test_more_threads_than_cores_are_refused_by_the_name_of_the_setting():
    with pytest.raises(UserError) as refused:
        planned(threads=1024)
    assert refused.value.field == "threads"
    assert refused.value.message.startswith("threads = 1,024: this machine has ")
    assert "1,024" in i18n.translate_error(refused.value, "zh")


def test_a_run_is_not_begun_with_more_threads_than_cores(tmp_path):
    with pytest.raises(UserError, match=f"threads = {TOO_MANY}"):
        train(corpus(), SMALL, with_changes(QUICK, threads=TOO_MANY), directory=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_run_goes_on_where_there_are_fewer_cores(tmp_path):
    run(directory=tmp_path)
    more = with_changes(QUICK, threads=TOO_MANY, epochs=8)
    events = run(training=more, directory=tmp_path, resume=True)
    assert events[-1]["reason"] == "finished" and events[0]["resumed_from"]
    assert TrainStep(SMALL, more, 20).threads == available_cores()
