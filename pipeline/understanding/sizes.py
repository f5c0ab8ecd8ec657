"""Sizes in a message, where the catalogue says which sizes its articles come in."""

from collections.abc import Iterator
from dataclasses import replace

from pipeline.understanding.constraints import Condition
from pipeline.understanding.draft import Draft
from pipeline.understanding.features import SIZE, size_name
from pipeline.understanding.lexicon import Lexicon, Phrase
from pipeline.understanding.reading import Reading
from pipeline.understanding.vocabulary import Vocabulary

_SAID = frozenset(["size", "sizes"])
_JOINTS = frozenset(["or", "and", "to"])
_LONGEST = 4


class SizeReader:
    """Reads "size M", "a UK 12", "XL". Reads nothing where the catalogue knows no sizes."""

    def __init__(self, vocabulary: Vocabulary, concepts: Lexicon) -> None:
        self._systems = frozenset(concepts.talk["size_systems"])
        self._letters = frozenset(concepts.talk["sizes"].values())
        self._forms: dict[Phrase, list[str]] = {}
        for tag in vocabulary.tags:
            if tag.startswith(SIZE):
                phrase = tuple(tag.removeprefix(SIZE).split())
                self._forms.setdefault(phrase, []).append(tag)
                if len(phrase) > 1 and phrase[0] in self._systems:
                    # Who asks for a 12 in a shop of UK sizes means a UK 12.
                    self._forms.setdefault(phrase[1:], []).append(tag)

    def read(self, reading: Reading, draft: Draft) -> None:
        """Add the sizes asked for, all as one wish; one that nothing comes in as absent."""
        if not self._forms:
            return
        wish: Condition | None = None
        for start, end, condition in self._named(reading.texts):
            if reading.refused[start] or reading.aside[start]:
                continue
            draft.taken |= {*range(start, end)}
            if condition.absent:
                draft.absent.append(condition)
            else:
                wish = wish.either(condition) if wish else condition
        if wish:
            draft.required.append(wish)

    def _named(self, texts: Phrase) -> Iterator[tuple[int, int, Condition]]:
        place = 0
        while place < len(texts):
            start = place
            announced = texts[place] in _SAID
            place += announced
            named = self._at(texts, place, announced=announced)
            while named is not None:
                end, condition = named
                yield start, end, condition
                start = place = end
                named = None
                if announced and texts[end : end + 1] and texts[end] in _JOINTS:
                    start, place = end, end + 1
                    named = self._at(texts, place, announced=True)
            place = max(place, start + 1)

    def _at(self, texts: Phrase, place: int, *, announced: bool) -> tuple[int, Condition] | None:
        """Return where the size ends that begins at a token, and the condition, None if none does.

        A lone number or letter is a size only where one was `announced`.
        """
        longest = min(_LONGEST, len(texts) - place)
        for length in range(longest, 0, -1):
            phrase = texts[place : place + length]
            name = tuple(size_name(" ".join(phrase)).split())
            marked = phrase[0] in self._systems or (name[0] in self._letters and len(name[0]) > 1)
            if name in self._forms and (announced or (marked and name == phrase)):
                return place + length, self._condition(name, self._forms[name])
        if announced and longest and self._looks_like_one(texts[place]):
            size = (size_name(texts[place]),)
            return place + 1, replace(self._condition(size, [SIZE + size[0]]), absent=True)
        return None

    def _looks_like_one(self, word: str) -> bool:
        return word.isdigit() or size_name(word) in self._letters

    def _condition(self, name: Phrase, tags: list[str]) -> Condition:
        said = " ".join(
            word.upper() if word in self._systems or word in self._letters else word
            for word in name
        )
        tests = ((("features", tuple(tags)),),)
        return Condition("size", SIZE + " ".join(name), f"size {said}", tests, "size")
