"""What a classifier sees of a sentence: character n-grams, words with compound parts, and its embedding."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer

from nlu.text.normalise import fold, fold_bare
from nlu.text.words import CompoundSplitter, stems, tokens

_DENSE_WEIGHT = 1.5  # beside three lexical blocks of unit length; measured on our own questions


class TextFeatures:
    """Four blocks side by side; fitted on training sentences.

    Blocks: character n-grams of the folded text (typing errors), of the bare folded text (no æøå),
    stems with word pairs and known compound parts, and the centred embedding.
    """

    def __init__(self, compound_parts: Iterable[str]) -> None:
        self._splitter = CompoundSplitter(compound_parts)
        self._characters = TfidfVectorizer(
            analyzer="char_wb", ngram_range=(2, 5), preprocessor=fold, sublinear_tf=True, min_df=2, dtype=np.float32
        )
        self._bare = TfidfVectorizer(
            analyzer="char_wb",
            ngram_range=(3, 4),
            preprocessor=fold_bare,
            sublinear_tf=True,
            min_df=2,
            dtype=np.float32,
        )
        self._words = TfidfVectorizer(analyzer=self.words_of, sublinear_tf=True, dtype=np.float32)
        self._mean: npt.NDArray[np.float32] = np.zeros(0, dtype=np.float32)

    def fit(self, texts: Sequence[str], vectors: npt.NDArray[np.float32]) -> "TextFeatures":
        """Learn vocabularies and the embeddings' centre.

        Args:
            texts: Training sentences.
            vectors: Their embeddings, shape (len(texts), dimensions).
        """
        self._characters.fit(texts)
        self._bare.fit(texts)
        self._words.fit(texts)
        self._mean = vectors.mean(axis=0)
        return self

    def words_of(self, text: str) -> list[str]:
        """Stems, stems of compound parts (marked "+"), and pairs of neighbouring stems."""
        stemmed = stems(text)
        parts = [f"+{part}" for token in tokens(text) for part in self._splitter.parts(token)]
        return [*stemmed, *parts, *(f"{a} {b}" for a, b in pairwise(stemmed))]

    def characters(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Rows of unit length, one for each text."""
        return self._characters.transform(texts)

    def bare(self, texts: Sequence[str]) -> sparse.csr_matrix:
        """Rows of unit length, one for each text."""
        return self._bare.transform(texts)

    def centred(self, vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Embeddings without what all sentences share, of unit length again: e5's crowd is spread out."""
        moved = vectors - self._mean
        length = np.linalg.norm(moved, axis=1, keepdims=True)
        return np.asarray(moved / np.maximum(length, 1e-9), dtype=np.float32)

    def joined(
        self,
        texts: Sequence[str],
        centred: npt.NDArray[np.float32],
        characters: sparse.csr_matrix | None = None,
        bare: sparse.csr_matrix | None = None,
    ) -> sparse.csr_matrix:
        """All blocks side by side; blocks that the caller has already are not made again."""
        blocks = [
            self.characters(texts) if characters is None else characters,
            self.bare(texts) if bare is None else bare,
            self._words.transform(texts),
            sparse.csr_matrix(centred * np.float32(_DENSE_WEIGHT)),
        ]
        return sparse.hstack(blocks, format="csr", dtype=np.float32)
