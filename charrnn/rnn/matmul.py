"""Matrix products with the faster of two libraries, in float32 and in bfloat16.

torch uses its BLAS library for float32 products. On some CPUs oneDNN, which comes with torch too,
is two to four times as fast, and faster still if a weight that many products share is packed for it
once; on others only with large weights. So one product of each is timed (benchmarks/LOG.md).
torch uses oneDNN like this only in compiled code. The functions called here are not part of its
stable interface, so they are tried once before use, and torch's own products replace them where
they are missing (other CPUs, other types, other versions).
"""

from __future__ import annotations

import functools
import timeit
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

_MAX_ONE_HOT_SYMBOLS = 128  # for which a product with one-hot vectors beats adding up rows
# Size of a packed float32 weight from which oneDNN is faster: where it is much faster with large
# ones, where it is not, and with AVX2 only.
_MIN_PACKED_IF_MUCH_FASTER, _MIN_PACKED, _MIN_PACKED_AVX2 = 20_000, 250_000, 500_000
_MUCH_FASTER = 2.5  # times as fast as torch's own product
_ZEROS = torch.zeros(4097)  # just enough that torch shares their rounding among two threads
_forced: ContextVar[bool | None] = ContextVar("forced", default=None)


class PackedWeight:
    """A weight W (K, N), prepared for many products with it."""

    def __init__(self, W: Tensor, rows: int) -> None:
        """Pack W for left factors with this many `rows`."""
        self._onednn = use_onednn(W.dtype, W.numel())
        self._W = torch.ops.mkldnn._reorder_linear_weight(W.t(), rows) if self._onednn else W

    def times(self, x: Tensor) -> Tensor:
        """Return x @ W for x (rows, K)."""
        if self._onednn:
            return _linear(x, self._W)
        return x @ self._W

    def times_plus(self, x: Tensor, addend: Tensor) -> Tensor:
        """Return x @ W + addend for x (rows, K) and addend (rows, N)."""
        if self._onednn:
            return _linear_plus(x, self._W, addend)
        return torch.addmm(addend, x, self._W)


def product(A: Tensor, B: Tensor) -> Tensor:
    """Return A @ B of two matrices, once; either may be a transposed view."""
    if use_onednn(A.dtype):
        return _linear(_dense(A), _dense(B).t())
    return A @ B


def weight_gradient(x: Tensor, dy: Tensor) -> Tensor:
    """Return xᵀ @ dy, the gradient of a weight W of y = x @ W."""
    if dy.shape[1] < x.shape[1]:  # the left factor is copied, so make it the smaller one
        return product(dy.t(), x).t()
    return product(x.t(), dy)


def affine(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """Return x @ W + b in the type of x, with gradients, for x (…, K), W (K, N) and b (N,)."""
    if use_onednn(x.dtype):
        return cast(Tensor, Affine.apply(x, W, b))  # type: ignore[no-untyped-call]
    flat = x.reshape(-1, x.shape[-1])
    return torch.addmm(b.to(x.dtype), flat, W.to(x.dtype)).view(*x.shape[:-1], -1)


def rows(table: Tensor, ids: Tensor, dtype: torch.dtype) -> Tensor:
    """Return rows `ids` (…) of a table (V, N), in `dtype`: a one-hot vector times the table.

    Gradients are summed in the table's own type.
    """
    return cast(Tensor, _Rows.apply(table, ids, dtype))  # type: ignore[no-untyped-call]


def use_onednn(dtype: torch.dtype, packed: int = 0) -> bool:
    """Decide whether products of this type go to oneDNN.

    `packed` is the size of the packed weight, 0 for single products. (Single bfloat16 products
    torch sends to oneDNN itself, without copying a view.)
    """
    if not has_onednn(dtype):
        return False
    if dtype == torch.bfloat16:
        return packed > 0
    if torch.backends.cpu.get_cpu_capability() == "AVX2":
        return packed >= _MIN_PACKED_AVX2
    much_faster = onednn_is_much_faster()
    return (
        packed >= (_MIN_PACKED_IF_MUCH_FASTER if much_faster else _MIN_PACKED)
        if packed
        else much_faster
    )


def onednn_is_much_faster() -> bool:
    """Check whether oneDNN's float32 products are much faster than torch's own.

    As forced by `force_onednn`, or else as measured here, once per process.
    """
    much_faster = _forced.get()
    return (
        has_onednn(torch.float32) and onednn_speedup() >= _MUCH_FASTER
        if much_faster is None
        else much_faster
    )


@contextmanager
def force_onednn(much_faster: bool) -> Iterator[None]:
    """Compute as if `onednn_is_much_faster` had returned `much_faster`.

    A resumed run needs this: another library would round its sums differently.
    """
    token = _forced.set(much_faster)
    try:
        yield
    finally:
        _forced.reset(token)


@functools.cache
def onednn_speedup() -> float:
    """Time oneDNN's float32 product of 32 × 512 × 512, weight packed, against torch's own.

    On two CPUs with AVX-512 it was 1.4 and 4.3 times as fast.
    """
    x, W = torch.ones(32, 512), torch.ones(512, 512)
    packed = torch.ops.mkldnn._reorder_linear_weight(W, 32)
    own: list[float] = []
    onednns: list[float] = []
    with torch.no_grad(), torch.autocast("cpu", enabled=False):
        for _ in range(15):  # in turn, so that other processes slow both down alike
            own.append(timeit.timeit(lambda: x @ W, number=1))
            onednns.append(timeit.timeit(lambda: _linear(x, packed), number=1))
    return min(own) / min(onednns)


def keep_threads_warm() -> None:
    """Give torch's other threads next to nothing to do.

    They wait for their share of the next product for some 25 µs and then sleep, and waking them
    takes 50 µs. So if one thread works alone for longer between two products, this in the middle of
    it makes both faster (benchmarks/LOG.md).
    """
    _ZEROS.ceil_()


@functools.cache
def has_onednn(dtype: torch.dtype) -> bool:
    """Check whether oneDNN's products of this type are available and correct."""
    if dtype not in (torch.float32, torch.bfloat16):
        return False
    try:
        if dtype == torch.bfloat16 and not torch.ops.mkldnn._is_mkldnn_bf16_supported():
            return False
        with torch.no_grad(), torch.autocast("cpu", enabled=False):
            x, W = (torch.arange(n * 5, dtype=dtype).view(n, 5) for n in (3, 4))  # small integers
            packed = torch.ops.mkldnn._reorder_linear_weight(W, 3)
            once = _linear(x, W)
            added = _linear_plus(x, packed, once)
            return torch.equal(once, x @ W.t()) and torch.allclose(added, 2 * once)
    except (AttributeError, RuntimeError, TypeError):
        return False


def _dense(A: Tensor) -> Tensor:
    """Return the matrix without gaps between rows or columns; oneDNN is slow on others."""
    return A if A.is_contiguous() or A.t().is_contiguous() else A.contiguous()


def _linear(x: Tensor, W: Tensor) -> Tensor:
    """Return x @ Wᵀ."""
    return cast(Tensor, torch.ops.mkldnn._linear_pointwise(x, W, None, "none", [], ""))


def _linear_plus(x: Tensor, W: Tensor, addend: Tensor) -> Tensor:
    """Return x @ Wᵀ + addend."""
    operator = torch.ops.mkldnn._linear_pointwise.binary
    return cast(Tensor, operator(x, addend, W, None, "add"))


class Affine(Function):
    """x @ W + b in the type of x; the gradients of W and b in theirs."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        """Compute x @ W + b."""
        ctx.save_for_backward(x, W)
        flat = x.reshape(-1, x.shape[-1])
        return product(flat, W.to(x.dtype)).add_(b).view(*x.shape[:-1], -1)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of x, W and b."""
        x, W = ctx.saved_tensors
        flat = dy.reshape(-1, dy.shape[-1])
        dx = product(flat, W.to(x.dtype).t()).view(x.shape) if ctx.needs_input_grad[0] else None
        dW = weight_gradient(x.reshape(-1, x.shape[-1]), flat).to(W.dtype)
        return dx, dW, flat.sum(0, dtype=W.dtype)


class _Rows(Function):
    @staticmethod
    def forward(ctx: Any, table: Tensor, ids: Tensor, dtype: torch.dtype) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.table = table.shape, table.dtype
        return torch.nn.functional.embedding(ids, table.to(dtype))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        (ids,) = ctx.saved_tensors
        shape, dtype = ctx.table
        flat, places = dy.reshape(-1, dy.shape[-1]), ids.reshape(-1)
        if shape[0] <= _MAX_ONE_HOT_SYMBOLS:
            symbols = torch.arange(shape[0], device=ids.device)
            one_hot = (symbols.unsqueeze(1) == places).to(flat.dtype)  # a column for each place
            return product(one_hot, flat).to(dtype), None, None
        return dy.new_zeros(shape, dtype=dtype).index_add_(0, places, flat.to(dtype)), None, None
