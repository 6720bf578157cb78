"""The recurrences: three implementations of one function, and their gradients."""

import pytest
import torch
from torch.nn import functional as F

from charrnn.rnn import Recurrence, TorchRecurrence, map_state

CELLS = ["tanh", "relu", "gru", "lstm"]
SHAPES = [(1, False), (2, False), (1, True), (2, True)]


def build(cell, implementation, *, layers=1, bidirectional=False, size=5, hidden=7):
    torch.manual_seed(1)
    layer = Recurrence(
        cell,
        size,
        hidden,
        layers=layers,
        bidirectional=bidirectional,
        implementation=implementation,
    ).double()
    for weight in layer.parameters():
        torch.nn.init.normal_(weight, 0.0, 0.5)
    return layer


def torch_twin(cell, ours, *, layers=1, bidirectional=False, size=5, hidden=7):
    """torch's layer with the weights of `ours`."""
    theirs = TorchRecurrence(
        cell, size, hidden, layers=layers, bidirectional=bidirectional
    ).double()
    with torch.no_grad():
        for k, layer in enumerate(ours.layers):
            depth, direction = divmod(k, 2 if bidirectional else 1)
            suffix = f"_l{depth}" + ("_reverse" if direction else "")
            getattr(theirs.rnn, "weight_ih" + suffix).copy_(layer.W_xh.t())
            getattr(theirs.rnn, "weight_hh" + suffix).copy_(layer.W_hh.t())
            getattr(theirs.rnn, "bias_ih" + suffix).copy_(layer.b_h)
            bias = getattr(theirs.rnn, "bias_hh" + suffix).zero_()
            if cell == "gru":
                bias[2 * hidden :] = layer.b_n
    return theirs


def random_state(cell, rows, batch=3, hidden=7):
    states = [torch.randn(rows, batch, hidden, dtype=torch.float64) for _ in range(2)]
    return tuple(states) if cell == "lstm" else states[0]


def loss_of(outputs, state):
    """Something that every output and the last state have a part in."""
    weight = torch.arange(outputs.numel(), dtype=outputs.dtype).reshape(outputs.shape).cos()
    tail = sum(s.square().sum() for s in state) if isinstance(state, tuple) else state.sin().sum()
    return (outputs * weight).sum() + tail


@pytest.mark.parametrize(("layers", "bidirectional"), SHAPES)
@pytest.mark.parametrize("implementation", ["scratch", "fast"])
@pytest.mark.parametrize("cell", CELLS)
def test_outputs_state_and_gradients_equal_torchs(cell, implementation, layers, bidirectional):
    shape = {"layers": layers, "bidirectional": bidirectional}
    ours = build(cell, implementation, **shape)
    theirs = torch_twin(cell, ours, **shape)
    inputs = torch.randn(6, 3, 5, dtype=torch.float64)
    state = random_state(cell, len(ours.layers))

    results = []
    for layer in (ours, theirs):
        x = inputs.clone().requires_grad_()
        s = map_state(lambda t: t.clone().requires_grad_(), state)
        outputs, after = layer(x, s)
        loss_of(outputs, after).backward()
        before = s if isinstance(s, tuple) else (s,)
        results.append((outputs, after, x.grad, [t.grad for t in before]))
    mine, reference = results
    torch.testing.assert_close(mine, reference, rtol=1e-5, atol=1e-8)

    for k, layer in enumerate(ours.layers):
        depth, direction = divmod(k, 2 if bidirectional else 1)
        suffix = f"_l{depth}" + ("_reverse" if direction else "")
        grad = {
            name: getattr(theirs.rnn, name + suffix).grad
            for name in ("weight_ih", "weight_hh", "bias_ih")
        }
        torch.testing.assert_close(layer.W_xh.grad, grad["weight_ih"].t(), rtol=1e-5, atol=1e-8)
        torch.testing.assert_close(layer.W_hh.grad, grad["weight_hh"].t(), rtol=1e-5, atol=1e-8)
        torch.testing.assert_close(layer.b_h.grad, grad["bias_ih"], rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("cell", CELLS)
def test_hand_written_gradients_pass_gradcheck(cell):
    layer = build(cell, "fast", size=3, hidden=4)
    inputs = torch.randn(5, 2, 3, dtype=torch.float64, requires_grad=True)
    state = map_state(lambda t: t.requires_grad_(), random_state(cell, 1, batch=2, hidden=4))
    states = state if isinstance(state, tuple) else (state,)
    weights = tuple(layer.parameters())
    names = [name for name, _ in layer.named_parameters()]

    def function(x, *rest):
        s = rest[: len(states)]
        parameters = dict(zip(names, rest[len(states) :], strict=True))
        outputs, after = torch.func.functional_call(
            layer, parameters, (x, s if isinstance(state, tuple) else s[0])
        )
        return (outputs, *after) if isinstance(after, tuple) else (outputs, after)

    assert torch.autograd.gradcheck(function, (inputs, *states, *weights))


@pytest.mark.parametrize("implementation", ["scratch", "fast"])
@pytest.mark.parametrize("cell", CELLS)
def test_ids_are_read_as_one_hot_vectors(cell, implementation):
    layer = build(cell, implementation)
    ids = torch.randint(0, 5, (6, 3))
    by_id, _ = layer(ids)
    by_vector, _ = layer(F.one_hot(ids, 5).double())
    torch.testing.assert_close(by_id, by_vector)


@pytest.mark.parametrize("implementation", ["scratch", "fast"])
@pytest.mark.parametrize("cell", CELLS)
def test_carried_state_equals_one_long_pass(cell, implementation):
    layer = build(cell, implementation, layers=2)
    inputs = torch.randn(9, 3, 5, dtype=torch.float64)
    whole, last = layer(inputs)
    first, state = layer(inputs[:4])
    second, carried = layer(inputs[4:], state)
    torch.testing.assert_close(torch.cat([first, second]), whole)
    torch.testing.assert_close(carried, last)


@pytest.mark.parametrize("cell", CELLS)
def test_one_step_of_one_sequence_works(cell):
    layer = build(cell, "fast")
    inputs = torch.randn(1, 1, 5, dtype=torch.float64)
    outputs, state = layer(inputs)
    loss_of(outputs, state).backward()
    assert outputs.shape == (1, 1, 7)
    assert all(weight.grad is not None for weight in layer.parameters())
