"""The lines of a pushed card with which torch alone uses the weights download these."""

import re

from charrnn import load
from charrnn.checkpoint.format import CARD
from charrnn.checkpoint.plain_torch import MAX_DIFFERENCE
from charrnn.generation import top_candidates
from charrnn.hub import push


def test_the_lines_of_a_pushed_card_download_the_weights(hub, trained, tmp_path, monkeypatch):
    push(trained, "ada/letters", private=False, token=hub.token("ada"))
    text = hub.repos["ada/letters"].files[CARD].decode()
    lines = re.search("plain PyTorch\n.*?```python\n(.*?)\n```", text, re.DOTALL)[1]
    assert 'hf_hub_download("ada/letters", "model.safetensors")' in lines
    monkeypatch.chdir(tmp_path)
    space = {}
    exec(lines, space)
    best = top_candidates(load(trained), "ab", count=1)[0]
    assert abs(best.p - space["p"].max().item()) < MAX_DIFFERENCE
