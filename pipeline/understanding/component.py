"""The component that understands messages."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from haystack import component, default_from_dict, default_to_dict

from pipeline.models import TextEmbedder
from pipeline.understanding.constraints import QueryConstraints
from pipeline.understanding.intents import IntentClassifier
from pipeline.understanding.understander import Understander
from pipeline.understanding.vocabulary import Vocabulary


@lru_cache(maxsize=2)
def shared_understander(vocabulary_path: Path) -> Understander:
    """Return the understander of an index version, read once. Raises VocabularyError."""
    return Understander(Vocabulary.load(vocabulary_path))


@component
class QueryUnderstander:
    """Turns a message into constraints; sends on only what asks for articles.

    What a message is meant for is judged by its words and, with an `embedder` that weights ship
    for, by its embedding.
    """

    def __init__(
        self,
        *,
        vocabulary_path: str,
        default_count: int,
        max_count: int,
        embedder: TextEmbedder | None = None,
    ) -> None:
        self.vocabulary_path = vocabulary_path
        self.default_count = default_count
        self.max_count = max_count
        self.embedder = embedder
        self._understander: Understander | None = None
        self._intents: IntentClassifier | None = None

    def to_dict(self) -> dict[str, Any]:
        """Serialize the component; the vocabulary stays in its file."""
        return default_to_dict(
            self,
            vocabulary_path=self.vocabulary_path,
            default_count=self.default_count,
            max_count=self.max_count,
            embedder=self.embedder.to_dict() if self.embedder else None,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "QueryUnderstander":
        """Load the component."""
        return default_from_dict(cls, data)

    def warm_up(self) -> None:
        """Read the vocabulary, and load the embedder. Raises VocabularyError and ModelError."""
        if self._understander is not None:
            return
        if self.embedder is None:
            self._intents = IntentClassifier()
        else:
            self.embedder.warm_up()
            self._intents = IntentClassifier(self.embedder.model, self.embedder.embed)
        self._understander = shared_understander(Path(self.vocabulary_path))

    @component.output_types(
        constraints=QueryConstraints, wanted=QueryConstraints, search_text=str, count=int
    )
    def run(
        self,
        message: str = "",
        previous: QueryConstraints | None = None,
        count: int | None = None,
        given: QueryConstraints | None = None,
        like: str = "",
    ) -> dict[str, Any]:
        """Return the constraints; `wanted`, `search_text` and `count` only if articles are asked.

        `count` from outside (an option of a command) wins over the one in the message; both are
        held to 1..max_count. `given` constraints stand in for a message, and the text `like` which
        results should be, for the words that are searched with.
        """
        self.warm_up()
        assert self._understander is not None  # noqa: S101 - warm_up has just made it
        constraints = given or self._understander.understand(message, previous, self._intents)
        if constraints.outcome != "recommend":
            return {"constraints": constraints}
        asked = count or constraints.count or self.default_count
        return {
            "constraints": constraints,
            "wanted": constraints,
            "search_text": like or constraints.search_text,
            "count": max(1, min(asked, self.max_count)),
        }
