"""Settings: what is said of a value out of range."""

import pytest

from charrnn.errors import UserError
from charrnn.model import ModelConfig
from charrnn.training import TrainingConfig
from charrnn.utils.config_fields import assign_settings


@pytest.mark.parametrize(
    ("setting", "value", "wanted"),
    [
        ("seed", -1, "give a whole number from 0 to 2,147,483,647."),
        ("epochs", 0, "give a whole number from 1 to 1,000,000 or none."),
        ("learning_rate", -1, "give a number from 0 to 1,000,000."),
        ("seconds", 0, "give a number from 0.1 to 10,000,000 or none."),
        ("validation", 2, "give a number from 0 to 0.5."),
    ],
)
def test_a_range_is_written_as_people_write_numbers(setting, value, wanted):
    with pytest.raises(UserError) as caught:
        assign_settings({setting: value}, ModelConfig, TrainingConfig)
    assert caught.value.message == f"{setting} = {value}: {wanted}"
