"""Recurrent layers with hand-written gradients: exact, and much less work than autograd's.

Each takes Z (T, B, G·H), the inputs already multiplied by W_xh with their bias added, so that the
loop is left with what truly depends on the step before: one product with a packed weight and a few
elementwise kernels. The backward pass leaves one product per step for the chain through time, and
gets the gradient of W_hh as one large product at the end. An LSTM uses `fused_lstm` where that can
take it.

Under autocast to bfloat16 the recurrence runs in bfloat16, with products summed in float32; weights
and their gradients stay float32.

Notation as in `scratch`, but Z is the product of the inputs, to which H W_hh is added; the GRU's
update gate is U (there Z), and the LSTM's candidate is G (there C_tilde). A name with a leading d
is the gradient of the loss by what follows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from . import fused_lstm
from .matmul import PackedWeight, affine, keep_threads_warm, rows, weight_gradient
from .state import State, map_state


def run(
    cell: str, inputs: Tensor, state: State, parameters: Mapping[str, Tensor]
) -> tuple[Tensor, State]:
    """Run one layer of `cell` over symbol ids (T, B) or inputs (T, B, I).

    Returns the outputs (T, B, H), in the compute type, and the last state, in the weights' type.
    """
    W_xh, W_hh, b_h = (parameters[name] for name in ("W_xh", "W_hh", "b_h"))
    dtype = compute_dtype(W_hh)
    if fused_lstm.can_run(cell, inputs, W_xh, dtype):
        return fused_lstm.lstm(inputs, state, W_xh, W_hh, b_h, dtype)
    before = map_state(lambda s: s.to(dtype), state)
    after: State
    if isinstance(before, tuple):
        Z = _project(inputs, W_xh, b_h, dtype)
        H, C = _apply(_LSTM, Z, *before, W_hh)
        after = H[-1], C
    elif cell == "gru":
        Z, Z_n = _project_for_gru(inputs, W_xh, b_h, parameters["b_n"], dtype)
        H = _apply(_GRU, Z, Z_n, before, W_hh)
        after = H[-1]
    else:
        Z = _project(inputs, W_xh, b_h, dtype)
        H = _apply(_RNN, Z, before, W_hh, cell == "relu")
        after = H[-1]
    return H, map_state(lambda s: s.to(W_hh.dtype), after)


def compute_dtype(weight: Tensor) -> torch.dtype:
    """Return the type to compute in: bfloat16 under autocast, else the weights' own type."""
    if weight.dtype == torch.float32 and torch.is_autocast_enabled("cpu"):
        return torch.get_autocast_dtype("cpu")
    return weight.dtype


def _project(inputs: Tensor, W: Tensor, b: Tensor, dtype: torch.dtype) -> Tensor:
    """Multiply inputs by W and add b, (T, B, N); an id stands for a one-hot vector."""
    if inputs.is_floating_point():
        return affine(inputs.to(dtype), W, b)
    return rows(W + b, inputs, dtype)


def _project_for_gru(
    inputs: Tensor, W_xh: Tensor, b_h: Tensor, b_n: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """Return Z (T, B, 3H) and Z_n (T, B, H) as `_GRU` takes them."""
    gates = 2 * len(b_n)
    W_ru, W_n = W_xh[:, :gates], W_xh[:, gates:]
    b_ru, b_x = b_h[:gates], b_h[gates:]
    if inputs.is_floating_point():
        Z_ru = _project(inputs, W_ru, b_ru, dtype)
        Z = torch.cat([Z_ru, b_n.to(dtype).expand(*Z_ru.shape[:-1], -1)], dim=-1)
    else:  # concatenate a row per symbol, not one per step
        Z = rows(torch.cat([W_ru + b_ru, b_n.expand_as(W_n)], dim=-1), inputs, dtype)
    return Z, _project(inputs, W_n, b_x, dtype)


def _apply(function: type[Function], *arguments: Any) -> Any:
    return function.apply(*arguments)  # type: ignore[no-untyped-call]


def _quick_tanh(dtype: torch.dtype) -> tuple[int, Callable[..., object]]:
    """Return a factor and a function f that overwrites its argument: f(factor · x, out) is tanh(x).

    torch's float32 tanh takes several times as long as its sigmoid, and tanh(x) = 2σ(2x) − 1. (In
    bfloat16 that form would lose what little precision there is around 0.) Doubling is exact, so
    what a loop computes may be doubled once, before it.
    """
    return (1, torch.tanh) if dtype == torch.bfloat16 else (2, _tanh_of_half)


def _tanh_of_half(x: Tensor, *, out: Tensor) -> None:
    torch.add(_MINUS_ONE, x.sigmoid_(), alpha=2, out=out)


def _tanh_backward(dy: Tensor, y: Tensor, out: Tensor) -> None:
    """Compute out = dy ∘ (1 − y²)."""
    torch.ops.aten.tanh_backward.grad_input(dy, y, grad_input=out)


def _sigmoid_backward(dy: Tensor, y: Tensor, out: Tensor) -> None:
    """Compute out = dy ∘ y ∘ (1 − y)."""
    torch.ops.aten.sigmoid_backward.grad_input(dy, y, grad_input=out)


_MINUS_ONE = torch.tensor(-1.0)  # a scalar of any type


class _RNN(Function):
    """H_t = φ(Z_t + H_{t−1} W_hh), with φ tanh or ReLU."""

    @staticmethod
    def forward(ctx: Any, Z: Tensor, H0: Tensor, W_hh: Tensor, relu: bool) -> Tensor:
        T, B, width = Z.shape
        W = W_hh.to(Z.dtype)
        factor, tanh = _quick_tanh(Z.dtype)
        if factor > 1 and not relu:
            Z, weight = factor * Z, PackedWeight(factor * W, B)
        else:
            weight = PackedWeight(W, B)
        H = Z.new_empty(T + 1, B, width)  # H[t] is the state before step t
        H[0] = H0
        states = H.unbind()
        for t, Z_t in enumerate(Z.unbind()):
            A = weight.times_plus(states[t], Z_t)
            if relu:
                torch.clamp_min(A, 0, out=states[t + 1])
            else:
                tanh(A, out=states[t + 1])
        ctx.save_for_backward(H, W)
        ctx.relu, ctx.weight_type = relu, W_hh.dtype
        return H[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor | None, ...]:
        H, W = ctx.saved_tensors
        T, B, _ = dH.shape
        weight = PackedWeight(W.t(), B)
        dZ = torch.empty_like(dH)
        dZ_by_step, states, dH_from_output = dZ.unbind(), H[1:].unbind(), dH.unbind()
        dH_t = dH_from_output[-1]  # by the output of step t, and by the next step
        for t in range(T - 1, -1, -1):
            if ctx.relu:
                torch.ops.aten.threshold_backward.grad_input(
                    dH_t, states[t], 0, grad_input=dZ_by_step[t]
                )
            else:
                _tanh_backward(dH_t, states[t], out=dZ_by_step[t])
            if t > 0:
                dH_t = weight.times_plus(dZ_by_step[t], dH_from_output[t - 1])
        dH0 = weight.times(dZ_by_step[0])
        dW_hh = weight_gradient(_flatten(H[:-1]), _flatten(dZ)).to(ctx.weight_type)
        return dZ, dH0, dW_hh, None


class _GRU(Function):
    """R, U = σ(Z_ru + H W_ru); N = tanh(Z_n + R ∘ A), A = b_n + H W_n; H = U ∘ H + (1 − U) ∘ N.

    Z (T, B, 3H) holds all that is added to H W_hh: Z_r, Z_u and b_n; Z_n (T, B, H) is apart.
    """

    @staticmethod
    def forward(ctx: Any, Z: Tensor, Z_n: Tensor, H0: Tensor, W_hh: Tensor) -> Tensor:
        T, B, width = Z_n.shape
        W = W_hh.to(Z.dtype)
        weight = PackedWeight(W, B)
        factor, tanh = _quick_tanh(Z.dtype)
        inputs = factor * Z_n if factor > 1 else Z_n
        H = Z.new_empty(T + 1, B, width)
        H[0] = H0
        N = torch.empty_like(Z_n)
        gates = torch.empty_like(Z)  # R, U and A
        R, U, A = (gate.unbind() for gate in gates.chunk(3, dim=-1))
        RU = gates[..., : 2 * width].unbind()
        states, candidates = H.unbind(), N.unbind()
        for t, (Z_t, Zn_t) in enumerate(zip(Z.unbind(), inputs.unbind(), strict=True)):
            G = weight.times_plus(states[t], Z_t)
            torch.sigmoid(G[:, : 2 * width], out=RU[t])
            A[t].copy_(G[:, 2 * width :])
            if factor > 1:  # else the tanh does it
                keep_threads_warm()
            tanh(torch.addcmul(Zn_t, R[t], A[t], value=factor), out=candidates[t])
            torch.lerp(candidates[t], states[t], U[t], out=states[t + 1])
        ctx.save_for_backward(H, N, gates, W)
        ctx.weight_type = W_hh.dtype
        return H[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor | None, ...]:
        H, N, gates, W = ctx.saved_tensors
        T, B, width = dH.shape
        weight = PackedWeight(W.t(), B)
        R, U, A = gates.chunk(3, dim=-1)
        # The local derivatives that dH_t is multiplied by, for all steps at once.
        dZ_n = torch.ops.aten.tanh_backward(1 - U, N)
        dZ = torch.empty_like(gates)
        dR, dU, dA = dZ.chunk(3, dim=-1)
        torch.mul(dZ_n, A, out=dR)
        torch.sub(H[:-1], N, out=dU)
        torch.mul(dZ_n, R, out=dA)
        dRU, RU = dZ[..., : 2 * width], gates[..., : 2 * width]
        _sigmoid_backward(dRU, RU, out=dRU)
        dZ_by_step, dZ_by_gate = dZ.unbind(), dZ.view(T, B, 3, width).unbind()
        update_gates, dH_from_output = U.unbind(), dH.unbind()
        dH_by_step = [dH_from_output[-1]]  # by the output and the next step; last step first
        for t in range(T - 1, -1, -1):
            dH_t = dH_by_step[-1]
            dZ_by_gate[t].mul_(dH_t.unsqueeze(1))
            if t > 0:
                direct = torch.addcmul(dH_from_output[t - 1], dH_t, update_gates[t])
                dH_by_step.append(weight.times_plus(dZ_by_step[t], direct))
        dH0 = weight.times(dZ_by_step[0]).addcmul_(dH_by_step[-1], update_gates[0])
        dZ_n.mul_(torch.stack(dH_by_step[::-1]))
        dW_hh = weight_gradient(_flatten(H[:-1]), _flatten(dZ)).to(ctx.weight_type)
        return dZ, dZ_n, dH0, dW_hh


class _LSTM(Function):
    """I, F, O = σ(…), G = tanh(…) of Z + H W_hh; C = F ∘ C + I ∘ G; H = O ∘ tanh(C)."""

    @staticmethod
    def forward(ctx: Any, Z: Tensor, H0: Tensor, C0: Tensor, W_hh: Tensor) -> tuple[Tensor, Tensor]:
        T, B, _ = Z.shape
        width = W_hh.shape[0]
        weight = PackedWeight(W_hh.to(Z.dtype), B)
        factor, tanh = _quick_tanh(Z.dtype)
        H, C = Z.new_empty(T + 1, B, width), Z.new_empty(T + 1, B, width)
        H[0], C[0] = H0, C0
        gates = Z.new_empty(T, B, 4, width)  # I, F, G, O
        tanh_C = Z.new_empty(T, B, width)
        all_gates, by_gate = gates.unbind(), [gate.unbind() for gate in gates.unbind(2)]
        states, cell_states, tanh_cells = H.unbind(), C.unbind(), tanh_C.unbind()
        for t, (Z_t, I, F, G, O) in enumerate(zip(Z.unbind(), *by_gate, strict=True)):  # noqa: E741
            arguments = weight.times_plus(states[t], Z_t).view(B, 4, width)
            torch.sigmoid(arguments, out=all_gates[t])
            tanh(factor * arguments[:, 2], out=G)
            if factor > 1:  # else the tanh does it
                keep_threads_warm()
            torch.mul(F, cell_states[t], out=cell_states[t + 1]).addcmul_(I, G)
            tanh(factor * cell_states[t + 1], out=tanh_cells[t])
            torch.mul(O, tanh_cells[t], out=states[t + 1])
        ctx.save_for_backward(H, C, gates, tanh_C, W_hh)
        return H[1:], C[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor, dC_last: Tensor) -> tuple[Tensor | None, ...]:
        H, C, gates, tanh_C, W_hh = ctx.saved_tensors
        T, B, width = dH.shape
        weight = PackedWeight(W_hh.to(H.dtype).t(), B)
        I, F, G, O = gates.unbind(2)  # noqa: E741
        # The local derivatives that dC_t (for O, dH_t) is multiplied by, for all steps at once.
        dZ = torch.empty_like(gates)
        dI, dF, dG, dO = dZ.unbind(2)
        _sigmoid_backward(G, I, out=dI)
        _sigmoid_backward(C[:-1], F, out=dF)
        _tanh_backward(I, G, out=dG)
        _sigmoid_backward(tanh_C, O, out=dO)
        dH_dC = torch.ops.aten.tanh_backward(O, tanh_C).unbind()  # ∂H_t/∂C_t
        dIFG, dO_by_step, forget_gates = dZ[:, :, :3].unbind(), dO.unbind(), F.unbind()
        dZ_by_step, dH_from_output = dZ.view(T, B, 4 * width).unbind(), dH.unbind()
        dH_t, dC = dH_from_output[-1], dC_last.clone()
        for t in range(T - 1, -1, -1):
            dO_by_step[t].mul_(dH_t)
            dC.addcmul_(dH_t, dH_dC[t])
            dIFG[t].mul_(dC.unsqueeze(1))
            dC.mul_(forget_gates[t])
            if t > 0:
                dH_t = weight.times_plus(dZ_by_step[t], dH_from_output[t - 1])
        flat = dZ.view(T * B, 4 * width)
        dH0 = weight.times(flat[:B])
        dW_hh = weight_gradient(_flatten(H[:-1]), flat).to(W_hh.dtype)
        return dZ.view(T, B, 4 * width), dH0, dC, dW_hh


def _flatten(x: Tensor) -> Tensor:
    """Reshape (T, B, H) to (T·B, H)."""
    return x.reshape(-1, x.shape[-1])
