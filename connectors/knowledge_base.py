"""The live index of the knowledge base: loaded at start, exchanged when articles change, never half."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import structlog

from knowledge.answer import Answerer
from knowledge.check import ARTICLES
from knowledge.errors import ArticlesRefused, KnowledgeError
from knowledge.index import Index, Indexer
from nlu.embedding import load_encoder
from nlu.text.language import warm_up

log = structlog.get_logger(__name__)

_T = TypeVar("_T")


class NotReady(Exception):
    """The index is still being loaded."""


class KnowledgeBase:
    """Answers from the last good index. Searching runs in a thread, so that the event loop stays free."""

    def __init__(self, data_dir: Path, encoder_name: str, articles: Path = ARTICLES) -> None:
        self._data_dir = data_dir
        self._encoder_name = encoder_name
        self._articles = articles
        self._indexer: Indexer | None = None
        self._index: Index | None = None
        self._answerer: Answerer | None = None
        self._changing = asyncio.Lock()
        self._search_threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="search")
        self._background: asyncio.Task[None] | None = None
        self.fault: str | None = None  # why the articles on disk are not the ones in service

    @property
    def is_ready(self) -> bool:
        """Whether questions can be answered."""
        return self._answerer is not None

    @property
    def index(self) -> Index:
        """The index in service.

        Raises:
            NotReady: While it is still being loaded.
        """
        if self._index is None:
            raise NotReady
        return self._index

    async def load(self) -> None:
        """Load the language model and the index, building what is missing."""
        await asyncio.to_thread(self._load)

    async def run(self, work: Callable[[Answerer], _T]) -> _T:
        """Do something with the answerer in service, in a search thread.

        Raises:
            NotReady: While the index is still being loaded.
        """
        answerer = self._answerer
        if answerer is None:
            raise NotReady
        return await asyncio.get_running_loop().run_in_executor(self._search_threads, work, answerer)

    async def reindex(self) -> Index:
        """Put the articles on disk in service; on a fault the last good index stays.

        New questions are found at once; their classifiers are trained in the background.

        Raises:
            ArticlesRefused: If an article has a fault; carries file, line and fault of each.
        """
        if self._indexer is None:
            raise NotReady
        async with self._changing:
            try:
                index = await asyncio.to_thread(self._indexer.refresh)
            except KnowledgeError as error:
                self.fault = str(error)
                raise
            self._serve(index)
        if not index.is_trained and (self._background is None or self._background.done()):
            self._background = asyncio.create_task(self._retrain(), name="retrain")
        return index

    async def _retrain(self) -> None:
        assert self._indexer is not None
        try:
            index = await asyncio.to_thread(self._indexer.build)
        except KnowledgeError as error:
            log.warning("retraining_refused", faults=str(error).count("\n") + 1)
            return
        async with self._changing:
            self._serve(index)

    def _load(self) -> None:
        encoder = load_encoder(self._encoder_name)
        self._indexer = Indexer(self._data_dir, encoder, articles=self._articles)
        fault = None
        try:
            index = self._indexer.build(lambda step: log.info("index", step=step))
        except ArticlesRefused as error:
            last_good = self._indexer.build_last_good()
            if last_good is None:
                raise
            index, fault = last_good, str(error)
            log.error("articles_refused_at_start", faults=len(error.faults))
        self._serve(index)
        self.fault = fault
        assert self._answerer is not None
        self._answerer.rank("hvad koster et pas")  # the first search warms what is made lazily
        warm_up()

    def _serve(self, index: Index) -> None:
        assert self._indexer is not None
        self._answerer, self._index, self.fault = Answerer(index, self._indexer.encoder), index, None
        log.info("index_in_service", revision=index.revision, articles=len(index.library.articles))

    async def close(self) -> None:
        """Stop the search threads."""
        if self._background:
            self._background.cancel()
        self._search_threads.shutdown(wait=False, cancel_futures=True)
