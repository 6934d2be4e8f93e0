"""Errors of the knowledge base.

KnowledgeError
├── ArticleError      one fault in one article file
├── DataError         a fault in another data file (authorities, places, guides)
├── ArticlesRefused   a whole set of articles did not pass; carries the faults
└── IndexMissing      nothing has been indexed yet, or the stored index does not fit
"""

from collections.abc import Sequence
from pathlib import Path


class KnowledgeError(Exception):
    """Base class: anything wrong with the content or the index made from it."""


class ArticleError(KnowledgeError):
    """One fault in one article; says file, line and what is wrong, for the editor who made it."""

    def __init__(self, path: Path, line: int, fault: str) -> None:
        super().__init__(f"{path}:{line}: {fault}")
        self.path = path
        self.line = line
        self.fault = fault


class DataError(KnowledgeError):
    """A data file beside the articles is malformed; says file and what is wrong."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}")
        self.path = path
        self.fault = fault


class ArticlesRefused(KnowledgeError):
    """The articles have faults, so no index is made from them."""

    def __init__(self, faults: Sequence[ArticleError]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)


class IndexMissing(KnowledgeError):
    """There is no usable index on disk; run ``make index``."""
