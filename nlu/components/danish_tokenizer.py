"""Rasa component: spaCy's rules for Danish cut the text, without any model. Rasa's environment only."""

from __future__ import annotations

from typing import Any

import spacy
import Stemmer
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message

from nlu.text.normalise import fold


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class DanishTokenizer(Tokenizer):
    """Tokens keep the text as typed; their lemma is the Snowball stem of the folded word."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> DanishTokenizer:
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__({**self.get_default_config(), **config})
        self._cut = spacy.blank("da").tokenizer
        self._stemmer = Stemmer.Stemmer("danish")

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Words, numbers and signs of ``message``, without white space; [] for an empty text."""
        return [
            Token(token.text, token.idx, lemma=self._stemmer.stemWord(fold(token.text)))
            for token in self._cut(message.get(attribute) or "")
            if not token.is_space
        ]
