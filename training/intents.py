"""`lookbook train intents`: the weights that tell a wish from other talk, from labelled messages.

Each file of messages was written apart from the others. What is measured is how a file is judged by
weights that were learnt from all the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from config.settings import CatalogueSettings, Settings
from pipeline.catalogues import Quarantine, open_catalogue
from pipeline.models import TextEmbedder
from pipeline.models.digests import write_json
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.understanding.intents import (
    CLEAR,
    WISH,
    WORDS,
    Vector,
    intent_terms,
    together,
    weights_name,
)
from pipeline.understanding.understander import Understander
from pipeline.understanding.vocabulary import Vocabulary
from training.errors import DataError
from training.rows import Dropped, files_in, read_rows, text_of

LABELS = ("other", "service", "talk", WISH)
_STRENGTH = 10.0
"""Inverse of the L2 penalty; 3 to 30 make no difference of more than a hundredth."""
_EMBEDDING = 1.5
"""How much an embedding of unit length counts beside the n-grams, which are of unit length too."""
_RAREST = 3
"""Messages that an n-gram must stand in."""
_FEWEST_FILES = 2
_THRESHOLDS = (0.1, 0.15, 0.3, 0.35, 0.5)

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Messages:
    """Labelled messages, with the file that each is from."""

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    files: tuple[str, ...]


def read_messages(path: Path | None = None) -> Messages:
    """Return the messages of a file or directory of JSON Lines, of the own ones by default.

    Raises DataError for a row without a text or with another label than `LABELS`, and where a label
    is in fewer than two files: each file is judged by the others.
    """
    texts, labels, files = [], [], []
    own = resources.files("training").joinpath("data", "intents")
    dropped: list[Dropped] = []
    for file in files_in(path or Path(str(own))):
        for place, row in read_rows(file, dropped):
            text, label = text_of(row, "text"), text_of(row, "label")
            if not text or label not in LABELS:
                dropped.append(Dropped(place, "no text, or no known label"))
                continue
            texts.append(text)
            labels.append(label)
            files.append(file.name)
    if dropped:
        raise DataError(
            f"{dropped[0].place} is no labelled message.",
            f'A row is {{"text": ..., "label": one of {", ".join(LABELS)}}}.',
        )
    spread = {
        label: {f for f, own in zip(files, labels, strict=True) if own == label} for label in LABELS
    }
    lacking = [label for label, found in spread.items() if len(found) < _FEWEST_FILES]
    if lacking:
        raise DataError(
            f"Messages labelled {', '.join(lacking)} are in fewer than two files.",
            "Give a directory of JSON Lines files, at least two of them with every label.",
        )
    return Messages(tuple(texts), tuple(labels), tuple(files))


def learn(
    messages: Messages, settings: Settings, out: Path | None = None
) -> list[dict[str, float | str]]:
    """Write weights for words alone, and for the configured embedder; return what was measured.

    They are written into `out`, by default where they are read from. What is named in the messages
    is read as in a shop that sells what the sample catalogue does. A row for each kind of weights,
    and for both as they are served: how well wishes are told from the rest, and for some thresholds
    the share of other messages and of wishes below. Raises ModelError.
    """
    directory = out or Path(str(resources.files("config").joinpath("intents")))
    sample = open_catalogue(CatalogueSettings(path=SAMPLE_CATALOGUE))
    understander = Understander(Vocabulary.learn(sample.articles(Quarantine())))
    spoken = [intent_terms(understander.read(text)) for text in messages.texts]
    embedder = TextEmbedder.from_settings(settings)
    embedded = np.stack([embedder.embed(text) for text in messages.texts])
    held_out: dict[str, Matrix] = {}
    for name, vectors in ((WORDS, None), (weights_name(embedder.model), embedded)):
        held_out[name] = _held_out(messages, spoken, vectors)
        whole = _Fit(messages, spoken, vectors, range(len(spoken)))
        write_json(directory / f"{name}.json", whole.as_json(), indent=None)
    pairs = zip(*held_out.values(), strict=True)
    served = [words if words >= CLEAR else together(words, other) for words, other in pairs]
    wanted = np.array(messages.labels) == WISH
    rows = held_out | {"both, as served": np.array(served)}
    return [{"weights": name} | _measured(wish, wanted) for name, wish in rows.items()]


class _Fit:
    """A regression fitted on some of the messages."""

    def __init__(
        self,
        messages: Messages,
        spoken: Sequence[frozenset[str]],
        embedded: Vector | None,
        rows: Sequence[int],
    ) -> None:
        self._spoken, self._embedded = spoken, embedded
        self._vectorizer = TfidfVectorizer(
            analyzer=sorted, binary=True, min_df=_RAREST, dtype=np.float64
        )
        self._vectorizer.fit([spoken[row] for row in rows])
        self._model = LogisticRegression(C=_STRENGTH, max_iter=2000, tol=1e-3)
        self._model.fit(self._inputs(rows), [messages.labels[row] for row in rows])

    def shares(self, rows: Sequence[int]) -> Matrix:
        """Return the shares of `LABELS`, shape (rows, labels)."""
        shares: Matrix = self._model.predict_proba(self._inputs(rows))
        return shares

    def as_json(self) -> dict[str, object]:
        """Return the weights as `IntentModel.from_json` reads them."""
        terms = self._vectorizer.get_feature_names_out()
        weights = self._model.coef_.T
        words, embedding = weights[: len(terms)], weights[len(terms) :] * _EMBEDDING
        return {
            "labels": self._model.classes_.tolist(),
            "bias": _rounded(self._model.intercept_),
            "embedding": [_rounded(row) for row in embedding],
            "terms": {
                term: _rounded([idf, *row])
                for term, idf, row in zip(terms, self._vectorizer.idf_, words, strict=True)
            },
        }

    def _inputs(self, rows: Sequence[int]) -> csr_matrix:
        words = self._vectorizer.transform([self._spoken[row] for row in rows])
        if self._embedded is None:
            return words
        return hstack([words, csr_matrix(_EMBEDDING * self._embedded[list(rows)])]).tocsr()


def _held_out(
    messages: Messages, spoken: Sequence[frozenset[str]], embedded: Vector | None
) -> Matrix:
    """Return how likely each message is a wish, by what was learnt from the other files."""
    files = np.array(messages.files)
    wish = np.zeros(len(files))
    for file in sorted(set(messages.files)):
        others, own = np.flatnonzero(files != file), np.flatnonzero(files == file)
        fit = _Fit(messages, spoken, embedded, others.tolist())
        wish[own] = fit.shares(own.tolist())[:, LABELS.index(WISH)]
    return wish


def _measured(wish: Matrix, wanted: npt.NDArray[np.bool_]) -> dict[str, float | str]:
    measured: dict[str, float | str] = {"wish or not": float(np.mean((wish > 1 / 2) == wanted))}
    for least in _THRESHOLDS:
        measured[f"others below {least}"] = float(np.mean(wish[~wanted] < least))
        measured[f"wishes below {least}"] = float(np.mean(wish[wanted] < least))
    return measured


def _rounded(values: Sequence[float] | Matrix) -> list[float]:
    return [round(float(value), 3) for value in values]
