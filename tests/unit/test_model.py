"""The model: the textbook's shapes, the same function whoever computes it."""

import pytest
import torch
from conftest import small_model

from charrnn.errors import UserError
from charrnn.model import CharRNN, ModelConfig, detach

CELLS = ["tanh", "relu", "gru", "lstm"]
IMPLEMENTATIONS = ["fast", "scratch", "torch"]


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_a_minibatch_of_2_by_5_has_the_textbooks_shapes(implementation):
    config = ModelConfig(cell="tanh", hidden_size=512, implementation=implementation)
    model = CharRNN(config, vocabulary_size=28)
    logits, state = model(torch.arange(10).reshape(2, 5), model.begin_state(2))
    assert logits.shape == (10, 28)
    assert len(state) == 1 and state[0].shape == (2, 512)


@pytest.mark.parametrize("cell", ["tanh", "relu"])
def test_from_scratch_has_the_textbooks_parameters(cell):
    config = ModelConfig(
        cell=cell, hidden_size=200, implementation="scratch", initialization="normal"
    )
    model = CharRNN(config, vocabulary_size=28)
    shapes = {name.split(".")[-1]: tuple(p.shape) for name, p in model.named_parameters()}
    assert shapes == {
        "W_xh": (28, 200),
        "W_hh": (200, 200),
        "b_h": (200,),
        "W_hq": (200, 28),
        "b_q": (28,),
    }
    for name, parameter in model.named_parameters():
        if parameter.ndim == 1:
            assert not parameter.any()
        else:
            assert parameter.std().item() == pytest.approx(0.01, rel=0.1), name


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("input", ["one-hot", "embedding", "tied"])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_fast_and_scratch_share_weights_and_agree(cell, bidirectional, input, layers):
    more = {"bidirectional": bidirectional, "input": input, "layers": layers, "embedding_size": 6}
    fast = small_model(cell, "fast", **more).double()
    scratch = small_model(cell, "scratch", **more).double()
    scratch.load_state_dict(fast.state_dict())
    ids = torch.randint(0, 9, (3, 7))
    torch.testing.assert_close(fast(ids), scratch(ids))


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_carried_state_equals_one_long_pass(cell, implementation):
    model = small_model(cell, implementation)
    ids = torch.randint(0, 9, (2, 8))
    whole, last = model(ids)
    first, state = model(ids[:, :3])
    second, carried = model(ids[:, 3:], detach(state))
    torch.testing.assert_close(torch.cat([first, second]), whole, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(carried, last, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_a_tied_embedding_is_the_output_layer_too_and_learns_from_both(bidirectional):
    tied = small_model("gru", input="tied", bidirectional=bidirectional)
    width = 32 if bidirectional else 16
    assert "W_hq" not in tied.state_dict() and tied.embedding.shape == (9, width)
    apart = small_model("gru", input="embedding", embedding_size=width, bidirectional=bidirectional)
    apart.load_state_dict(tied.state_dict() | {"W_hq": tied.embedding.detach().t()})
    ids = torch.randint(0, 9, (2, 5))
    for model in (tied, apart):
        torch.nn.functional.cross_entropy(model(ids)[0], ids.t().reshape(-1)).backward()
    torch.testing.assert_close(tied.embedding.grad, apart.embedding.grad + apart.W_hq.grad.t())
    assert apart.parameter_count - tied.parameter_count == 9 * width


def test_logits_are_time_major_as_the_targets_are_read():
    model = small_model("gru")
    ids = torch.randint(0, 9, (2, 3))
    logits, _ = model(ids)
    alone, _ = model(ids[1:])
    torch.testing.assert_close(logits.reshape(3, 2, 9)[:, 1], alone)


@pytest.mark.parametrize("cell", CELLS)
def test_detached_state_carries_no_gradient(cell):
    model = small_model(cell)
    _, state = model(torch.randint(0, 9, (2, 3)))
    cut = detach(state)
    assert all(not s.requires_grad for s in (cut if isinstance(cut, tuple) else (cut,)))


@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_acts_only_while_training(layers):
    """One-hot inputs are whole: what is dropped is what a layer says to the next, or at last."""
    model = small_model(dropout=0.5, layers=layers)
    ids = torch.randint(0, 9, (2, 5))
    model.eval()
    torch.testing.assert_close(model(ids)[0], model(ids)[0])
    model.train()
    assert not torch.equal(model(ids)[0], model(ids)[0])
    states = [model(ids)[1][0] for _ in range(2)]  # (L, B, H), which the last dropout is after
    assert torch.equal(states[0][0], states[1][0])
    assert torch.equal(states[0][-1], states[1][-1]) == (layers == 1)


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_an_lstm_begins_by_remembering(implementation):
    """Its forget gates' bias is 1, the second of I, F, G and O; all others are 0."""
    config = ModelConfig(cell="lstm", hidden_size=16, implementation=implementation)
    parameters = dict(CharRNN(config, 9).recurrence.named_parameters())
    biases = [parameter for parameter in parameters.values() if parameter.ndim == 1]
    total = torch.stack([bias.detach().view(4, 16) for bias in biases]).sum(0)
    assert torch.equal(total, torch.tensor([0.0, 1.0, 0.0, 0.0])[:, None].expand(4, 16))


def test_the_same_generator_seed_gives_the_same_first_weights():
    for scheme in ("normal", "uniform", "orthogonal"):
        for implementation in IMPLEMENTATIONS:
            one, two, other = (
                small_model(implementation=implementation, initialization=scheme).state_dict(),
                small_model(implementation=implementation, initialization=scheme).state_dict(),
                CharRNN(
                    ModelConfig(
                        hidden_size=16, implementation=implementation, initialization=scheme
                    ),
                    9,
                    generator=torch.Generator().manual_seed(1),
                ).state_dict(),
            )
            assert all(torch.equal(one[k], two[k]) for k in one)
            assert not torch.equal(one["W_hq"], other["W_hq"])


@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal_first_weights_keep_the_length_of_a_state(cell, implementation):
    config = ModelConfig(cell=cell, hidden_size=16, implementation=implementation)
    model = CharRNN(config, 9)
    for name, weight in model.named_parameters():
        if "W_hh" in name or "weight_hh" in name:
            square = weight[:16, :16]
            torch.testing.assert_close(square @ square.T, torch.eye(16), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"cell": "transformer"},
        {"hidden_size": 0},
        {"hidden_size": 10**9},
        {"hidden_size": True},
        {"layers": 2.5},
        {"dropout": 1.0},
        {"dropout": float("nan")},
        {"bidirectional": 1},
    ],
)
def test_a_setting_out_of_range_is_refused_by_name(wrong):
    with pytest.raises(UserError) as caught:
        ModelConfig(**wrong)
    assert caught.value.field == next(iter(wrong))
