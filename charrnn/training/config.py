"""The training configuration: every setting with its type, bounds and help text."""

from __future__ import annotations

from dataclasses import dataclass

from ..batches import Epoch, make_epoch
from ..corpus.documents import KINDS
from ..corpus.split import HOLDOUTS, SPREAD
from ..errors import UserError
from ..utils.config_fields import check, config_html, config_repr, setting
from ..vocabulary import Ids


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained. Raises UserError for a value out of range.

    A run ends after `epochs`, after `seconds`, or, with neither, when it stops improving.
    `validation` and `holdout` override the share and the part that the corpus holds out
    (`Corpus.from_text`); None keeps them.
    """

    sampling: str = setting(
        "sequential",
        "Consecutive minibatches that carry the state, or random subsequences",
        choices=("sequential", "random"),
    )
    truncate: str = setting(
        "minibatch",
        "How far gradients reach back: one minibatch, or the whole epoch (one update an epoch)",
        choices=("minibatch", "epoch"),
    )
    reset: float = setting(
        0.0,
        "Share of carried states that start from zero again at each minibatch, as generation does",
        low=0.0,
        high=1.0,
    )
    documents: str = setting(
        "none",
        "Lines, parts between blank lines, or files as texts of their own, each from a zero state",
        choices=KINDS,
    )
    shift: bool = setting(True, "Start every epoch at a random offset of less than `steps`")
    batch_size: int = setting(32, "Sequences in a minibatch", low=1, high=4096)
    steps: int = setting(
        35, "Sequence length: characters per sequence (BPTT length)", low=1, high=4096
    )
    epochs: int | None = setting(
        None, "Passes over the training text", kind=int, low=1, high=1_000_000, optional=True
    )
    seconds: float | None = setting(
        None, "Time the whole run may take", kind=float, low=0.1, high=1e7, optional=True
    )
    prior: bool = setting(False, "Initialize the output bias to the log frequencies of the symbols")
    keep_symbols: bool = setting(
        False, "Keep the symbols that the text lacks, of the model that the run starts from"
    )
    smoothing: float = setting(
        0.0,
        "Share of each target that comes from n-grams counted in the rest of the text",
        low=0.0,
        high=1.0,
    )
    optimizer: str = setting("adamw", "How weights are updated", choices=("sgd", "adam", "adamw"))
    learning_rate: float = setting(0.002, "Size of a step, at its largest", low=0.0, high=1e6)
    schedule: str = setting(
        "cosine",
        "Learning rate: constant, falling to the end of the run, or falling when stuck",
        choices=("constant", "cosine", "plateau"),
    )
    weight_decay: float = setting(0.01, "How strongly AdamW shrinks weights", low=0.0, high=10.0)
    clip: float | None = setting(
        1.0,
        "Largest gradient norm allowed, θ; none for no clipping",
        low=1e-9,
        high=1e9,
        optional=True,
    )
    validation: float | None = setting(
        None, "Share of the text held out; 0 for none", kind=float, low=0.0, high=0.5
    )
    holdout: str | None = setting(
        None,
        "What is held out: the end of the text, or passages or lines from all over it",
        kind=str,
        choices=HOLDOUTS,
    )
    precision: str = setting(
        "auto",
        "Arithmetic: float32, bfloat16, or what is faster here (float32 where epochs are set)",
        choices=("float32", "bfloat16", "auto"),
    )
    device: str = setting(
        "cpu",
        "Where to compute: the CPU, or a CUDA GPU, with torch's layers and in float32",
        choices=("cpu", "cuda"),
    )
    threads: int | None = setting(
        None,
        "CPU threads; none: chosen by the size of the model",
        kind=int,
        low=1,
        high=1024,
        optional=True,
    )
    seed: int = setting(0, "Same seed, same run", low=0, high=2**31 - 1)
    samples: str = setting(
        "sample", "How samples are chosen during training", choices=("greedy", "sample")
    )
    sample_length: int = setting(
        50, "Characters of each sample, after the prefix", low=0, high=10_000
    )
    sample_every: int | None = setting(
        None, "Epochs between extra samples", kind=int, low=1, high=1_000_000, optional=True
    )

    __repr__ = config_repr
    _repr_html_ = config_html

    def __post_init__(self) -> None:
        check(self)
        if self.truncate == "epoch" and self.sampling == "random":
            raise UserError(
                "truncate = epoch keeps the graph across an epoch, but random sampling starts "
                "every minibatch from scratch: choose sampling = sequential.",
                field="truncate",
            )
        if self.documents != "none" and self.sampling == "random":
            raise UserError(
                "documents = {kind} trains documents from their beginning, and random sampling "
                "begins anywhere: choose sampling = sequential.",
                kind=self.documents,
                field="documents",
            )
        if self.documents != "none" and self.holdout == SPREAD:
            raise UserError(
                "With documents = {kind} whole documents from all over the text are held out: set "
                "holdout = end.",
                kind=self.documents,
                field="holdout",
            )
        if self.device == "cuda" and self.precision == "bfloat16":
            raise UserError(
                "On a GPU choose precision = auto or float32.",
                field="precision",
            )

    @property
    def open_ended(self) -> bool:
        """Whether the run ends only when it stops improving."""
        return self.epochs is None and self.seconds is None

    def minibatches(self, ids: Ids, number: int) -> Epoch:
        """Cut the minibatches of epoch `number`; raises UserError if the text is too short."""
        return make_epoch(
            ids,
            sampling=self.sampling,
            batch_size=self.batch_size,
            steps=self.steps,
            seed=self.seed,
            number=number,
            shift=self.shift,
        )
