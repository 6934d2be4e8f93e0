"""Keeps vectors on disk, so that only new sentences are embedded again, in whichever environment."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from nlu.embedding import Encoder

_BATCH = 32


class CachedEncoder:
    """An encoder that remembers. For training data only: citizens' messages never go through it.

    The file holds SHA-256 keys and vectors, no text. Two processes may share it: a save is atomic,
    the last writer wins, and what was lost is embedded again.
    """

    def __init__(self, encoder: Encoder, path: Path) -> None:
        self.name = encoder.name
        self.dimensions = encoder.dimensions
        self._encoder = encoder
        self._path = path
        self._known: dict[bytes, npt.NDArray[np.float32]] = {}
        self._load()

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed texts, from memory where possible. Shape (len(texts), dimensions)."""
        keys = [self._key(text) for text in texts]
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        items = list(new.items())
        for start in range(0, len(items), _BATCH):
            batch = items[start : start + _BATCH]
            vectors = self._encoder.encode([text for _, text in batch])
            for (key, _), vector in zip(batch, vectors, strict=True):
                self._known[key] = vector
        if items:
            self._save()
        if not keys:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([self._known[key] for key in keys])

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self.name}\n{text}".encode()).digest()

    def _load(self) -> None:
        try:
            with np.load(self._path, allow_pickle=False) as stored:
                keys, vectors = stored["keys"], stored["vectors"]
        except (OSError, ValueError, KeyError, EOFError, BadZipFile):
            return  # none yet, or a damaged one: it is only a cache
        if vectors.ndim == 2 and vectors.shape[1] == self.dimensions and len(keys) == len(vectors):
            self._known.update({key.tobytes(): vector for key, vector in zip(keys, vectors, strict=True)})

    def _save(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(self._known), dtype=np.uint8).reshape(-1, 32)
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        with temporary.open("wb") as file:
            np.savez(file, keys=keys, vectors=np.stack(list(self._known.values())))
        temporary.replace(self._path)
