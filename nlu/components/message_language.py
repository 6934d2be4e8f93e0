"""Rasa component: the language that the service found becomes an entity, for the slot. Rasa's environment only."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

LANGUAGES = ("da", "en")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class MessageLanguage(GraphComponent, EntityExtractorMixin):
    """Adds the entity ``language`` from the message's metadata; Danish where there is none.

    This sets the slot in Rasa's own process at each message, without a call of the action server.
    """

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> MessageLanguage:
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            found = (message.get("metadata") or {}).get("language")
            language = found if found in LANGUAGES else LANGUAGES[0]
            entity = {"entity": "language", "value": language, "start": 0, "end": 0, "extractor": type(self).__name__}
            message.set(ENTITIES, [*(message.get(ENTITIES) or []), entity], add_to_output=True)
        return messages
