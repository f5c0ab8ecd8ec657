"""Features in a message: wishes that must hold, that only rank, or that are refused."""

from dataclasses import replace

from pipeline.understanding.catalogue_terms import CatalogueTerms
from pipeline.understanding.constraints import Condition
from pipeline.understanding.draft import Draft
from pipeline.understanding.lexicon import Feature
from pipeline.understanding.reading import Reading, Span

_OPPOSITES = {
    "long": "shorter",
    "shorter": "long",
    "mini": "long",
    "loose": "slim",
    "skinny": "loose",
}
_STRICTLY = {"shorter": "mini", "any_leather": "leather"}
"""What is refused by a word that may be met loosely: "not short" is no miniskirt."""
_RATHER = {"shorter": "long", "mini": "long", "short_sleeved": "long_sleeved"}
"""What is rather wanted, among all the rest, where something is refused."""
_TRIM = frozenset(["decoration", "material", "pattern", "motif", "detail"])
_USE = "use"
_OF_SOMEBODY = frozenset(["the", "my", "our", "her", "his", "their", "your"])
_BEING = frozenset(["is", "are", "was", "were", "has", "have", "had"])


class FeatureReader:
    """Reads materials, cuts, details, uses and patterns."""

    def __init__(self, terms: CatalogueTerms) -> None:
        self._terms = terms

    def read(self, reading: Reading, draft: Draft) -> None:
        """Add the features: "a or b" of one facet as one wish, what no article has as absent."""
        previous: tuple[Span, Condition] | None = None
        types = tuple(t for _, kind in draft.kinds for t in kind.types)
        graded: list[Condition] = []
        for span in reading.spans:
            if not self._names_feature(span, reading) or draft.has_taken(span):
                continue
            feature = self._terms.lexicon.features[span.names("feature")[0]]
            condition = self._terms.feature(feature.name, reading.words(span))
            if feature.soft and types and not self._terms.vocabulary.tagged(feature.name, types):
                continue
            if not self._terms.vocabulary.tagged(feature.name):
                if not (reading.refuses(span) or span.has("thing", "occasion", "kin")):
                    draft.absent.append(replace(condition, absent=True))
                continue
            draft.take(span)
            if reading.refuses(span):
                self._refuse(reading, span, feature, condition, draft)
            elif self._only_ranks(reading, span, feature, types):
                draft.preferred.append(condition)
            else:
                if previous and _is_alternative(reading, previous, span, feature.facet):
                    draft.required.remove(previous[1])
                    condition = previous[1].either(condition)
                draft.required.append(condition)
                previous = (span, condition)
                graded += [condition] if feature.grades else []
                if feature.best and self._terms.vocabulary.tagged(feature.best):
                    draft.preferred.append(self._terms.feature(feature.best, condition.words))
        if graded and any(c.slot == "feature" and c not in graded for c in draft.required):
            draft.required = [c for c in draft.required if c not in graded]
            draft.preferred += graded

    def _names_feature(self, span: Span, reading: Reading) -> bool:
        if not span.has("feature") or span.has("hue") or reading.aside[span.start]:
            return False
        if _is_subject(reading, span):
            return False
        if span.has("garment", "own") and not reading.refused[span.start]:
            return False
        return not span.has("kin") or reading.before_garment(span)

    def _only_ranks(
        self, reading: Reading, span: Span, feature: Feature, types: tuple[str, ...]
    ) -> bool:
        # A "dinosaur jumper" shows one; what "would look fun with dinosaurs" need not.
        named = feature.facet == "motif" and reading.before_garment(span) and types
        soft = feature.soft and not (named and self._terms.vocabulary.tagged(feature.name, types))
        if soft or reading.hedged[span.start] or self._is_aim(reading, span):
            return True
        return (
            bool(types) and feature.use and not self._terms.vocabulary.tagged(feature.name, types)
        )

    def _is_aim(self, reading: Reading, span: Span) -> bool:
        """Return whether a use is only what it is for ("for the gym"), which may be met loosely."""
        use = any(self._terms.lexicon.features[n].facet == _USE for n in span.names("feature"))
        before = [w for w in reading.texts[max(0, span.start - 2) : span.start] if w != "the"]
        return use and before[-1:] == ["for"]

    def _refuse(
        self, reading: Reading, span: Span, feature: Feature, condition: Condition, draft: Draft
    ) -> None:
        opposite = _OPPOSITES.get(feature.name)
        if opposite and reading.texts[span.start - 1] == "too":
            draft.preferred.append(self._terms.feature(opposite, f"not too {condition.words}"))
            return
        refused = _STRICTLY.get(feature.name, feature.name)
        if not feature.soft or refused != feature.name:
            tests = self._terms.feature(refused, condition.words).any_of
            draft.excluded.append(replace(condition, any_of=tests))
        rather = _RATHER.get(feature.name)
        if rather and self._terms.vocabulary.tagged(rather):
            draft.preferred.append(self._terms.feature(rather, f"not {condition.words}"))


def _is_subject(reading: Reading, span: Span) -> bool:
    """Return whether a phrase is what a sentence is about: "the office is doing a jumper day"."""
    before = reading.texts[max(0, span.start - 1) : span.start]
    after = reading.texts[span.end : span.end + 1]
    return not _OF_SOMEBODY.isdisjoint(before) and not _BEING.isdisjoint(after)


def _is_alternative(
    reading: Reading, previous: tuple[Span, Condition], span: Span, facet: str
) -> bool:
    between = reading.texts[previous[0].end : span.start]
    return between == ("or",) and (
        previous[1].facet == facet or {previous[1].facet, facet} <= _TRIM
    )
