"""The recurrences with gradients written by hand: exact, and much less work than autograd's.

Each takes Z (T, B, G·H), the inputs already multiplied by W_xh with their bias added, so that only
what truly depends on the step before is left in the loop: one matrix product and a few
elementwise kernels into buffers made once. The backward pass computes the derivative factors of
all steps at once, leaves one product a step for the chain through time, and gets the gradient of
W_hh as one large product at the end.

Notation as in `scratch`; a name with a leading d is the gradient of the loss by what follows.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from .state import State


class _RNN(Function):
    """H_t = φ(Z_t + H_{t−1} W_hh), with φ tanh or ReLU."""

    @staticmethod
    def forward(ctx: Any, Z: Tensor, H0: Tensor, W_hh: Tensor, relu: bool) -> Tensor:
        T, B, width = Z.shape
        H = Z.new_empty(T + 1, B, width)  # H[t] is the state before step t
        H[0] = H0
        for t in range(T):
            torch.addmm(Z[t], H[t], W_hh, out=H[t + 1])
            H[t + 1].relu_() if relu else H[t + 1].tanh_()
        ctx.save_for_backward(H, W_hh)
        ctx.relu = relu
        return H[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor | None, ...]:
        H, W_hh = ctx.saved_tensors
        T, B, width = dH.shape
        slope = (H[1:] > 0).to(dH.dtype) if ctx.relu else 1 - H[1:].square()  # φ′, (T, B, H)
        W_hhT = W_hh.t().contiguous()
        dZ = torch.empty_like(slope)
        torch.mul(dH[-1], slope[-1], out=dZ[-1])
        for t in range(T - 2, -1, -1):
            torch.addmm(dH[t], dZ[t + 1], W_hhT, out=dZ[t])
            dZ[t].mul_(slope[t])
        dW_hh = H[:-1].reshape(T * B, width).t() @ dZ.reshape(T * B, width)
        return dZ, dZ[0] @ W_hhT, dW_hh, None


class _GRU(Function):
    """R, U = σ(Z_ru + H W_ru); N = tanh(Z_n + R ∘ (H W_n + b_n)); H = U ∘ H + (1 − U) ∘ N."""

    @staticmethod
    def forward(ctx: Any, Z: Tensor, H0: Tensor, W_hh: Tensor, b_n: Tensor) -> Tensor:
        T, B, _ = Z.shape
        width = W_hh.shape[0]
        H = Z.new_empty(T + 1, B, width)
        H[0] = H0
        gates = Z.new_empty(T, B, 3, width)  # R, U and A = H W_n + b_n
        N = Z.new_empty(T, B, width)
        bias = torch.cat([b_n.new_zeros(2 * width), b_n])
        for t in range(T):
            torch.addmm(bias, H[t], W_hh, out=gates[t].view(B, 3 * width))
            ru = gates[t, :, :2]
            ru.add_(Z[t].view(B, 3, width)[:, :2]).sigmoid_()
            R, U, A = gates[t].unbind(1)
            torch.addcmul(Z[t, :, 2 * width :], R, A, out=N[t])
            N[t].tanh_()
            torch.lerp(N[t], H[t], U, out=H[t + 1])
        ctx.save_for_backward(H, gates, N, W_hh)
        return H[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor) -> tuple[Tensor | None, ...]:
        H, gates, N, W_hh = ctx.saved_tensors
        T, B, width = dH.shape
        R, U, A = gates.unbind(2)
        by_n = (1 - U) * (1 - N.square())  # ∂H_t/∂(argument of N's tanh)
        by_gates = torch.stack(  # ∂H_t/∂(what H_{t−1} W_hh feeds: R's and U's arguments, A)
            [by_n * A * R * (1 - R), (H[:-1] - N) * U * (1 - U), by_n * R], dim=2
        )
        W_hhT = W_hh.t().contiguous()
        whole = torch.empty_like(N)  # all of dH_t: from its output and from the step after
        dA = torch.empty_like(by_gates)
        whole[-1] = dH[-1]
        for t in range(T - 1, -1, -1):
            torch.mul(by_gates[t], whole[t].unsqueeze(1), out=dA[t])
            if t > 0:
                torch.addmm(dH[t - 1], dA[t].view(B, 3 * width), W_hhT, out=whole[t - 1])
                whole[t - 1].addcmul_(whole[t], U[t])
        dH0 = dA[0].view(B, 3 * width) @ W_hhT + whole[0] * U[0]
        flat = dA.view(T * B, 3 * width)
        dW_hh = H[:-1].reshape(T * B, width).t() @ flat
        db_n = flat[:, 2 * width :].sum(0)
        dZ = torch.cat([dA[:, :, :2].reshape(T, B, 2 * width), whole * by_n], dim=-1)
        return dZ, dH0, dW_hh, db_n


class _LSTM(Function):
    """I, F, O = σ(…), G = tanh(…) of Z + H W_hh; C = F ∘ C + I ∘ G; H = O ∘ tanh(C)."""

    @staticmethod
    def forward(ctx: Any, Z: Tensor, H0: Tensor, C0: Tensor, W_hh: Tensor) -> tuple[Tensor, Tensor]:
        T, B, _ = Z.shape
        width = W_hh.shape[0]
        H, C = Z.new_empty(T + 1, B, width), Z.new_empty(T + 1, B, width)
        H[0], C[0] = H0, C0
        gates = Z.new_empty(T, B, 4, width)  # I, F, G, O
        tanh_C = Z.new_empty(T, B, width)
        for t in range(T):
            torch.addmm(Z[t], H[t], W_hh, out=gates[t].view(B, 4 * width))
            gates[t, :, :2].sigmoid_()
            gates[t, :, 2].tanh_()
            gates[t, :, 3].sigmoid_()
            I, F, G, O = gates[t].unbind(1)  # noqa: E741
            torch.mul(F, C[t], out=C[t + 1])
            C[t + 1].addcmul_(I, G)
            torch.tanh(C[t + 1], out=tanh_C[t])
            torch.mul(O, tanh_C[t], out=H[t + 1])
        ctx.save_for_backward(H, C, gates, tanh_C, W_hh)
        return H[1:], C[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dH: Tensor, dC_last: Tensor) -> tuple[Tensor | None, ...]:
        H, C, gates, tanh_C, W_hh = ctx.saved_tensors
        T, B, width = dH.shape
        I, F, G, O = gates.unbind(2)  # noqa: E741
        by_memory = torch.stack(  # ∂C_t/∂(arguments of I, F and G), (T, B, 3, H)
            [G * I * (1 - I), C[:-1] * F * (1 - F), I * (1 - G.square())], dim=2
        )
        by_output = tanh_C * O * (1 - O)  # ∂H_t/∂(argument of O)
        to_memory = O * (1 - tanh_C.square())  # ∂H_t/∂C_t
        W_hhT = W_hh.t().contiguous()
        dZ = torch.empty_like(gates)
        dH_t, dC = dH[-1].clone(), dC_last.clone()
        for t in range(T - 1, -1, -1):
            torch.mul(dH_t, by_output[t], out=dZ[t, :, 3])
            dC.addcmul_(dH_t, to_memory[t])
            torch.mul(by_memory[t], dC.unsqueeze(1), out=dZ[t, :, :3])
            dC.mul_(F[t])
            if t > 0:
                torch.addmm(dH[t - 1], dZ[t].view(B, 4 * width), W_hhT, out=dH_t)
        flat = dZ.view(T * B, 4 * width)
        dH0 = flat[:B] @ W_hhT
        dW_hh = H[:-1].reshape(T * B, width).t() @ flat
        return dZ.view(T, B, 4 * width), dH0, dC, dW_hh


def run(
    cell: str, Z: Tensor, state: State, W_hh: Tensor, b_n: Tensor | None
) -> tuple[Tensor, State]:
    """One layer of `cell` over Z (T, B, G·H): outputs (T, B, H) and the last state."""
    if isinstance(state, tuple):
        H, C = cast(tuple[Tensor, Tensor], _apply(_LSTM, Z, *state, W_hh))
        return H, (H[-1], C)
    if cell == "gru":
        H = cast(Tensor, _apply(_GRU, Z, state, W_hh, b_n))
    else:
        H = cast(Tensor, _apply(_RNN, Z, state, W_hh, cell == "relu"))
    return H, H[-1]


def _apply(function: type[Function], *arguments: Any) -> Any:
    return function.apply(*arguments)  # type: ignore[no-untyped-call]
