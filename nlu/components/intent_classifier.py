"""Rasa component: the linear intent classifier; all the maths is in ``nlu.classifier``. Rasa's environment only."""

from __future__ import annotations

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.classifier
import nlu.text.normalise
from nlu.classifier import LinearIntentClassifier, Sentences
from nlu.components.fingerprint import source_hash

_FILE = "classifier.npz"
_RANKING = 10


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class KlaraIntentClassifier(IntentClassifier, GraphComponent):
    """Character n-grams and stems beside the sentence vectors that a featurizer added.

    Config keys (``bot/config.yml``):
        strength: How closely to follow the training data (scikit-learn's C).
        dense_weight: Weight of the sentence vectors beside a lexical block.
        balance: 0 lets an intent count by its number of sentences, 1 lets all count the same.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"strength": 10.0, "dense_weight": 1.5, "balance": 0.75}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        for key in ("strength", "dense_weight", "balance"):
            value = config.get(key)
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
                raise InvalidConfigException(
                    f"{cls.__name__}: '{key}' in bot/config.yml must be above 0, not {value!r}"
                )

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa trains again when this changes; by itself it looks at this file only."""
        return source_hash(nlu.classifier, nlu.text.normalise)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> KlaraIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> KlaraIntentClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = LinearIntentClassifier.load(folder / _FILE)
        return component

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model: LinearIntentClassifier | None = None

    def train(self, training_data: TrainingData) -> Resource:
        """Train on all sentences that have an intent and save the result."""
        examples = [message for message in training_data.intent_examples if message.get(TEXT)]
        self._model = LinearIntentClassifier.fit(
            _sentences(examples),
            [message.get(INTENT) for message in examples],
            strength=self._config["strength"],
            dense_weight=self._config["dense_weight"],
            balance=self._config["balance"],
        )
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder / _FILE)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent and the ten likeliest ones, best first."""
        if self._model is None or not messages:
            return messages
        for message, row in zip(messages, self._model.probabilities(_sentences(messages)), strict=True):
            ranking = [
                {INTENT_NAME_KEY: self._model.labels[number], PREDICTED_CONFIDENCE_KEY: float(row[number])}
                for number in np.argsort(-row, kind="stable")[:_RANKING]
            ]
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages


def _sentences(messages: list[Message]) -> Sentences:
    vectors = []
    for message in messages:
        _, dense = message.get_dense_features(TEXT)
        if dense is None:
            raise InvalidConfigException(
                "KlaraIntentClassifier: no sentence features; bot/config.yml lacks a featurizer"
            )
        vectors.append(dense.features[0])
    return Sentences(
        texts=[message.get(TEXT) or "" for message in messages],
        words=[[token.lemma for token in message.get(TOKENS_NAMES[TEXT]) or [] if token.lemma] for message in messages],
        vectors=np.asarray(vectors, dtype=np.float32),
    )
