"""Training sentences for what is no ordinary question: small talk, a wish for a person, crises, others' matters.

One YAML file for each intent in ``nlu/intents``; Rasa's model and the service's ranker learn from the same sentences.
"""

from pathlib import Path

import yaml

from nlu.text.personal_data import mask

INTENTS = Path(__file__).parent / "intents"
_LANGUAGES = ("da", "en", "other")


class IntentDataError(Exception):
    """A file of training sentences is malformed; says which and how."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}")
        self.path = path


def read_intents(folder: Path = INTENTS) -> dict[str, list[str]]:
    """Sentences of every intent, all languages together, personal data masked as it will be at run time.

    Raises:
        IntentDataError: If there is no file, one is not YAML, lacks its intent's name or holds no sentence.
    """
    intents: dict[str, list[str]] = {}
    for path in sorted(folder.glob("*.yml")):
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
        except yaml.YAMLError as error:
            raise IntentDataError(path, f"is not YAML: {error}") from error
        if not isinstance(data, dict) or data.get("intent") != path.stem:
            raise IntentDataError(path, f"must name its intent: {path.stem}")
        sentences = [s for language in _LANGUAGES for s in data.get(language) or []]
        if not sentences or not all(isinstance(s, str) and s.strip() for s in sentences):
            raise IntentDataError(path, "must hold sentences under da, en or other (put odd ones in quotes)")
        intents[path.stem] = [mask(sentence).text for sentence in sentences]
    if not intents:
        raise IntentDataError(folder, "holds no intents")
    return intents
