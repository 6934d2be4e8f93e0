"""Hash of the pure modules behind a component, so that Rasa's training cache notices when they change."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import ModuleType


def source_hash(*modules: ModuleType) -> str:
    """One hash for the source text of all ``modules``."""
    sources = b"".join(Path(str(module.__file__)).read_bytes() for module in modules)
    return hashlib.sha256(sources).hexdigest()
