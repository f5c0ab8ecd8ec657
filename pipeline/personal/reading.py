"""The component that reads a shopper's taste beside what they ask for."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from haystack import component, default_from_dict, default_to_dict
from haystack.core.serialization import component_from_dict, component_to_dict, import_class_by_name

from config.settings import PersonalSettings
from pipeline.personal.examples import ExampleReader
from pipeline.personal.leaning import Leaning
from pipeline.personal.profile import ShopperProfile
from pipeline.personal.taste import Taste
from pipeline.personal.traits import learnt
from pipeline.personal.understood import UnderstoodProfile, understood
from pipeline.stores import ArticleStore
from pipeline.understanding import QueryConstraints, Understander
from pipeline.understanding.component import shared_understander

_PROFILES = 1000
"""Profiles that are kept as they were understood."""


@component
class TasteReader:
    """Turns a taste into what it means for one wish in one catalogue."""

    def __init__(
        self, document_store: ArticleStore, *, vocabulary_path: str, personal: PersonalSettings
    ) -> None:
        self.document_store = document_store
        self.vocabulary_path = vocabulary_path
        self.personal = personal
        self._examples = ExampleReader(document_store)
        self._understood = lru_cache(maxsize=_PROFILES)(self._read_profile)
        self._understander: Understander | None = None

    def to_dict(self) -> dict[str, Any]:
        """Serialize the component with its store; the vocabulary stays in its file."""
        return default_to_dict(
            self,
            document_store=component_to_dict(self.document_store, "document_store"),
            vocabulary_path=self.vocabulary_path,
            personal=self.personal.model_dump(),
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "TasteReader":
        """Load the component with its store."""
        parameters = data["init_parameters"]
        store = parameters["document_store"]
        parameters["document_store"] = component_from_dict(
            import_class_by_name(store["type"]), store, "document_store"
        )
        parameters["personal"] = PersonalSettings(**parameters["personal"])
        return default_from_dict(cls, data)

    def warm_up(self) -> None:
        """Read the vocabulary."""
        if self._understander is None:
            self._understander = shared_understander(Path(self.vocabulary_path))

    @component.output_types(leaning=Leaning | None)
    def run(self, constraints: QueryConstraints, taste: Taste | None = None) -> dict[str, Any]:
        """Return what the taste makes of the wish, None where there is no taste."""
        if taste is None:
            return {"leaning": None}
        self.warm_up()
        assert self._understander is not None  # noqa: S101 - warm_up has just made it
        half_life = self.personal.half_life_days
        examples = self._examples.read(taste, half_life) if self.personal.strength else ()
        disliked = {e.meta["product_code"] for e in examples if not e.liked}
        leaning = Leaning(
            profile=self._understood(taste.profile).beside(constraints),
            examples=examples,
            traits=learnt(examples, self._understander.vocabulary),
            unwanted={
                kind: taste.weight(at, half_life) for kind, at in taste.unwanted_types.items()
            },
            seen=taste.seen | disliked,
            strength=self.personal.strength,
        )
        return {"leaning": leaning}

    def _read_profile(self, profile: ShopperProfile) -> UnderstoodProfile:
        assert self._understander is not None  # noqa: S101 - run has made it
        return understood(profile, self._understander)
