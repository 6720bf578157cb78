"""What is refused, and faults that are made on purpose."""

import pytest

from charrnn.errors import UserError
from charrnn.ui.i18n.errors_zh import ERRORS


def refusal(act, *arguments, **more):
    """What a UserError says, and beside which field; it has its Chinese."""
    with pytest.raises(UserError) as caught:
        act(*arguments, **more)
    assert caught.value.template in ERRORS
    return caught.value.message, caught.value.field


def refuse_to_write(*arguments, **more):
    """Fail as a full disk does."""
    raise OSError(28, "No space left on device", "/a/secret/place")
