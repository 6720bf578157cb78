"""charrnn: train character-level recurrent language models on any text, and generate with them.

import charrnn

checkpoint = charrnn.load("checkpoints/tide-clock")
print(charrnn.generate(checkpoint, prefix="The tide clock ", length=200, seed=0))
"""

from .checkpoint import Checkpoint, load, save
from .corpus import Corpus
from .errors import UserError
from .evaluation import Score, score
from .generation import generate, stream
from .model import CharRNN, ModelConfig
from .training import TrainingConfig, train
from .vocabulary import Vocabulary

__version__ = "0.1.0"

__all__ = [
    "CharRNN",
    "Checkpoint",
    "Corpus",
    "ModelConfig",
    "Score",
    "TrainingConfig",
    "UserError",
    "Vocabulary",
    "generate",
    "load",
    "save",
    "score",
    "stream",
    "train",
]
