"""Write the lines of Python by which torch alone computes a model's predictions, for its card.

charrnn's own recurrence computes x W_xh + h W_hh + b_h, as the textbook does. torch's layers have
the transposed matrices, and add two biases for each gate. The second is 0 here, but for the
candidate of a GRU (`TorchRecurrence.load_layers`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..corpus.documents import document_end, document_start
from ..model import ModelConfig

if TYPE_CHECKING:
    from . import Checkpoint

MAX_DIFFERENCE = 1e-5  # between torch's probabilities and charrnn's, on any processor
_MAX_TEXT_CHARACTERS = 40  # of the text that the lines read
_MODULES = {"tanh": "RNN", "relu": "RNN", "gru": "GRU", "lstm": "LSTM"}


def plain_torch_lines(checkpoint: Checkpoint, repo: str | None = None) -> str:
    """Return lines that read `model.safetensors` and print the likeliest characters after a text.

    They leave the probabilities of all symbols but `<unk>` in `p` (V − 1,). They read the file from
    the working directory or, with `repo`, the model's `owner/name`, download it from the Hub.
    """
    return "\n".join(_lines(checkpoint, repo))


def example_text(checkpoint: Checkpoint) -> str:
    """Return the text that the lines read: the end of the model's first prefix.

    For a model of documents it begins with the start of a document, as charrnn reads it.
    """
    prefixes = checkpoint.about.get("prefixes") or [""]
    prefix, kind = str(prefixes[0])[-_MAX_TEXT_CHARACTERS:], checkpoint.documents
    if kind != "none":
        prefix = document_start(kind) + prefix.rpartition(document_end(kind))[2]
    return prefix or checkpoint.vocabulary.symbols[1]


def _lines(checkpoint: Checkpoint, repo: str | None) -> Iterator[str]:
    """Yield the lines of `plain_torch_lines`."""
    model = checkpoint.model
    config, size = model.config, model.vocabulary_size
    yield "import json, torch"
    yield "from safetensors import safe_open"
    file = '"model.safetensors"'
    if repo is not None:
        yield "from huggingface_hub import hf_hub_download"
        file = f'hf_hub_download("{repo}", {file})'
    yield ""
    yield f'with safe_open({file}, "pt") as file:'
    yield "    w = {name: file.get_tensor(name).float() for name in file.keys()}"
    yield '    symbols = json.loads(file.metadata()["charrnn"])["symbols"]  # of the ids from 1 on'
    yield f"rnn = torch.nn.{_MODULES[config.cell]}({_arguments(config, size)})"
    yield from _torch_weights() if config.implementation == "torch" else _own_weights(config)
    yield f"ids = torch.tensor([symbols.find(c) + 1 for c in {_literal(example_text(checkpoint))}])"
    if config.input == "one-hot":
        yield f"x = torch.nn.functional.one_hot(ids, {size}).float()"
    else:
        yield 'x = w["embedding"][ids]'
    output = 'w["embedding"].T' if config.input == "tied" else 'w["W_hq"]'
    yield f'p = (rnn(x)[0][-1] @ {output} + w["b_q"])[1:].softmax(0)  # without id 0, <unk>'
    yield "print({symbols[i]: round(p[i].item(), 4) for i in p.topk(min(5, len(p))).indices})"


def _literal(text: str) -> str:
    """Return a Python literal of a text, between double quotes unless it has some itself."""
    return repr(text) if '"' in text else '"' + repr("'" + text)[2:]


def _arguments(config: ModelConfig, vocabulary_size: int) -> str:
    """Return the arguments of torch's layer."""
    outputs = config.hidden_size * (2 if config.bidirectional else 1)
    sizes = {"one-hot": vocabulary_size, "embedding": config.embedding_size, "tied": outputs}
    arguments = [str(sizes[config.input]), str(config.hidden_size)]
    arguments += [str(config.layers)] if config.layers > 1 else []
    arguments += ['nonlinearity="relu"'] if config.cell == "relu" else []
    arguments += ["bidirectional=True"] if config.bidirectional else []
    return ", ".join(arguments)


def _torch_weights() -> Iterator[str]:
    """Yield lines that load the weights of torch's own layers."""
    yield 'rnn.load_state_dict({k[15:]: v for k, v in w.items() if k[:15] == "recurrence.rnn."})'
    yield "rnn.requires_grad_(False)"


def _own_weights(config: ModelConfig) -> Iterator[str]:
    """Yield lines that copy the weights of charrnn's layers into torch's."""
    yield "rnn.requires_grad_(False)"
    yield "for k, (W_ih, W_hh, b_ih, b_hh) in enumerate(rnn.all_weights):"
    yield '    layer = f"recurrence.layers.{k}."'
    yield '    W_ih[:], W_hh[:] = w[layer + "W_xh"].T, w[layer + "W_hh"].T'
    yield '    b_ih[:], b_hh[:] = w[layer + "b_h"], 0'
    if config.cell == "gru":
        yield f'    b_hh[{2 * config.hidden_size}:] = w[layer + "b_n"]'
