"""Matrix products, and the recurrences in the types that they are trained in."""

from types import SimpleNamespace

import pytest
import torch
from conftest import small_model
from small_runs import QUICK, run, with_changes

from charrnn.model import ModelConfig
from charrnn.rnn import dropout, matmul
from charrnn.rnn.matmul import PackedWeight, affine, product, rows, weight_gradient
from charrnn.training.precision import has_bfloat16, suits_bfloat16

CELLS = ["tanh", "relu", "gru", "lstm"]


@pytest.fixture(params=["as the machine has it", "by torch", "by oneDNN"])
def kind(request, monkeypatch):
    if request.param == "by torch":
        monkeypatch.setattr(matmul, "use_onednn", lambda dtype, packed=0: False)
    elif request.param == "by oneDNN":
        monkeypatch.setattr(matmul, "use_onednn", lambda dtype, packed=0: matmul.has_onednn(dtype))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_products_are_torchs(kind, dtype):
    x, W, z = (torch.randn(shape).to(dtype) for shape in ((6, 5), (5, 7), (6, 7)))
    close = {"rtol": 0.02, "atol": 0.05} if dtype == torch.bfloat16 else {}
    for weight in (W, W.t().contiguous().t()):
        packed = PackedWeight(weight, rows=6)
        torch.testing.assert_close(packed.times(x), x @ W, **close)
        torch.testing.assert_close(packed.times_plus(x, z), x @ W + z, **close)
        torch.testing.assert_close(product(x, weight), x @ W, **close)
    torch.testing.assert_close(product(torch.cat([x, x], 1)[:, :5], W), x @ W, **close)
    for dy in (z, z[:, :2]):
        torch.testing.assert_close(weight_gradient(x, dy), x.t() @ dy, **close)


@pytest.mark.parametrize("symbols", [9, 500])
def test_rows_and_affine_have_autograds_gradients(kind, symbols):
    table = torch.randn(symbols, 6, dtype=torch.float64, requires_grad=True)
    ids = torch.randint(0, 9, (4, 3))
    assert torch.autograd.gradcheck(lambda t: rows(t, ids, torch.float64), (table,))
    x, W, b = (
        torch.randn(shape, dtype=torch.float64, requires_grad=True)
        for shape in ((2, 3, 4), (4, 5), (5,))
    )
    for function in (affine, matmul.Affine.apply):
        assert torch.autograd.gradcheck(function, (x, W, b))


@pytest.mark.parametrize("more", [{}, {"layers": 2}, {"input": "embedding"}, {"input": "tied"}])
@pytest.mark.parametrize("cell", CELLS)
def test_float32_gradients_are_the_textbooks(kind, cell, more):
    fast, scratch = (small_model(cell, name, **more) for name in ("fast", "scratch"))
    scratch.load_state_dict(fast.state_dict())
    torch.manual_seed(1)  # some texts drive these sharp weights into chaos, where roundings grow
    ids = torch.randint(0, 9, (4, 12))
    gradients = []
    for model in (fast, scratch):
        logits, state = model(ids)
        logits, _ = model(ids, state)
        torch.nn.functional.cross_entropy(logits, ids.t().reshape(-1)).backward()
        gradients.append({name: p.grad for name, p in model.named_parameters()})
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(("cell", "symbols"), [*((cell, 9) for cell in CELLS), ("lstm", 300)])
def test_bfloat16_gradients_point_the_same_way(kind, cell, symbols):
    """Of an LSTM by the kernel for a whole one, and of many symbols, one hot, by our loop."""
    model = small_model(cell, hidden_size=64, vocabulary_size=symbols)
    ids = torch.randint(0, symbols, (8, 16))
    flat = []
    for bfloat16 in (False, True):
        model.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
            logits, state = model(ids)
        torch.nn.functional.cross_entropy(logits.float(), ids.t().reshape(-1)).backward()
        assert all(p.grad.dtype == torch.float32 for p in model.parameters())
        parts = state if isinstance(state, tuple) else (state,)
        assert all(part.dtype == torch.float32 for part in parts)
        flat.append(torch.cat([p.grad.reshape(-1) for p in model.parameters()]))
    assert torch.cosine_similarity(*flat, dim=0) > 0.98


@pytest.mark.skipif(not has_bfloat16(), reason="this processor has no bfloat16 to choose")
def test_choosing_a_precision_draws_no_random_numbers():
    """A seed gives the same run, measured or not."""
    model = small_model(hidden_size=256, dropout=0.5)
    before = torch.get_rng_state()
    suits_bfloat16(model, 32, 16)
    assert torch.equal(torch.get_rng_state(), before) and model.training
    assert all(p.grad is None for p in model.parameters())


def test_fast_and_scratch_start_from_the_same_weights():
    for cell in CELLS:
        fast, scratch = (small_model(cell, name).state_dict() for name in ("fast", "scratch"))
        assert all(torch.equal(fast[name], scratch[name]) for name in fast)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(share):
    x = torch.full((300, 401), 2.0, requires_grad=True)
    y = dropout(x, share, training=True)
    assert (y == 0).float().mean().item() == pytest.approx(share, abs=0.01)
    assert y.mean().item() == pytest.approx(2.0, rel=0.05)
    (3 * y).sum().backward()
    torch.testing.assert_close(x.grad, 1.5 * y.detach())  # d(sum)/dx = 3 · mask · scale
    assert dropout(x, share, training=False) is x and dropout(x, 0.0, training=True) is x


def test_dropout_follows_torchs_seed():
    x, drawn = torch.ones(1001), []
    for _ in range(2):
        torch.manual_seed(3)
        drawn.append(dropout(x, 0.5, training=True))
    assert torch.equal(*drawn) and not torch.equal(drawn[0], dropout(x, 0.5, training=True))
    places = drawn[0].bool().float()[:1000].view(125, 8).mean(dim=0)
    assert ((places - 0.5).abs() < 0.2).all()  # every byte of a word is as random


@pytest.mark.parametrize(
    ("capability", "lead", "dtype", "packed", "by_onednn"),
    [
        ("AVX2", 0.9, torch.float32, 0, False),
        ("AVX2", 0.9, torch.float32, 256 * 768, False),
        ("AVX2", 0.9, torch.float32, 512 * 2048, True),
        ("AVX512", 1.4, torch.float32, 0, False),
        ("AVX512", 1.4, torch.float32, 256 * 768, False),
        ("AVX512", 1.4, torch.float32, 512 * 512, True),
        ("AVX512", 4.3, torch.float32, 0, True),
        ("AVX512", 4.3, torch.float32, 128 * 128, False),
        ("AVX512", 4.3, torch.float32, 256 * 256, True),
        ("AVX512", 1.4, torch.bfloat16, 0, False),
        ("AVX512", 1.4, torch.bfloat16, 256 * 256, True),
        ("AVX512", 4.3, torch.float64, 512 * 2048, False),
    ],
)
def test_onednn_is_called_where_it_is_faster(
    monkeypatch, capability, lead, dtype, packed, by_onednn
):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    monkeypatch.setattr(matmul, "has_onednn", lambda dtype: dtype != torch.float64)
    monkeypatch.setattr(matmul, "onednn_speedup", lambda: lead)
    assert matmul.use_onednn(dtype, packed) is by_onednn


@pytest.mark.skipif(not matmul.has_onednn(torch.float32), reason="oneDNN's products are not here")
def test_what_is_timed_is_float32_under_autocast_too(monkeypatch):
    multiplied = []

    def timed(product, number):
        multiplied.append(product().dtype)
        return 3.0 if len(multiplied) % 2 else 1.0  # torch's own comes first

    monkeypatch.setattr(matmul.timeit, "timeit", timed)
    matmul.onednn_speedup.cache_clear()
    try:
        with torch.autocast("cpu", torch.bfloat16):
            assert matmul.onednn_speedup() == 3.0
    finally:
        matmul.onednn_speedup.cache_clear()
    assert set(multiplied) == {torch.float32}


def test_a_packed_weight_is_onednns_by_its_size(monkeypatch):
    asked = []
    monkeypatch.setattr(matmul, "use_onednn", lambda *about: asked.append(about))
    x, W = torch.randn(3, 6), torch.randn(6, 5)
    torch.testing.assert_close(PackedWeight(W, rows=3).times(x), x @ W)
    assert asked == [(torch.float32, 30)]


def test_a_process_first_asked_under_autocast_finds_the_same():
    found = matmul.has_onednn(torch.float32)
    matmul.has_onednn.cache_clear()
    with torch.autocast("cpu", torch.bfloat16):
        assert matmul.has_onednn(torch.float32) == found


@pytest.mark.skipif(not matmul.has_onednn(torch.float32), reason="oneDNN's products are not here")
def test_what_a_run_began_with_is_what_it_goes_on_with(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "AVX512")
    monkeypatch.setattr(matmul, "onednn_speedup", lambda: 1.4)
    with matmul.force_onednn(True):
        assert matmul.onednn_is_much_faster() and matmul.use_onednn(torch.float32)
        with matmul.force_onednn(False):
            assert not matmul.use_onednn(torch.float32)
        assert matmul.use_onednn(torch.float32)
    assert not matmul.onednn_is_much_faster() and not matmul.use_onednn(torch.float32)


def test_a_torch_without_onednn_trains_all_the_same(monkeypatch):
    """As its builds for some machines are: their namespace is empty."""
    monkeypatch.setattr(torch.ops, "mkldnn", SimpleNamespace())
    matmul.has_onednn.cache_clear()
    try:
        assert not matmul.has_onednn(torch.float32) and not matmul.onednn_is_much_faster()
        large = ModelConfig(hidden_size=128)  # so large that bfloat16 would be tried
        events = run(large, with_changes(QUICK, batch_size=32, epochs=1))
        assert events[-1]["reason"] == "finished" and "float32" in events[0]["device"]
    finally:
        matmul.has_onednn.cache_clear()
