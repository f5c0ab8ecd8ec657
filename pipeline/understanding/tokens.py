"""Words of a message or a catalogue value: normalised, split, counted, forgiven for typos."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from rapidfuzz import process
from rapidfuzz.distance import OSA

_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc`](?=\w)")
_FOR = re.compile(r"\b4(?= (?:my|him|her|me|our|a|the) )")
"""A four that is written for the word: "pyjamas 4 my dad"."""
_LBD = re.compile(r"\blbds?\b")
_PJ = re.compile(r"\bpjs?(?= (?:bottoms?|tops?|pants|shorts|trousers)\b)")
_PIECE = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+/[0-9]+|[a-z0-9]+(?:\.[0-9]+)?|[£$€%]"
    r"|[,.;:!?()\n\u2026\u2014\u2013]|/"
)
_RANGE = re.compile(r"(?<=[0-9])\s?[-\u2013]\s?(?=[£$€]?[0-9])")
_DASH = re.compile(r"\s-{1,2}\s")
_BREAKS = frozenset(",.;:!?()\n\u2026\u2014\u2013")
_DIGITS_UNIT = re.compile(r"^(\d+(?:\.\d+)?)([a-z]{1,6})$")
_IRREGULAR_PLURALS = {"scarf": "scarves", "woman": "women", "man": "men", "child": "children"}
SHORTEST_TYPO = 4
_ALIKE = (frozenset("aeiouy"), frozenset("sczk"))
_ENDINGS = (
    *(("ier", "y"), ("iest", "y"), ("ies", "y"), ("ied", "y")),
    *(("er", ""), ("est", ""), ("ed", ""), ("er", "e"), ("ed", "e"), ("s", ""), ("ly", "")),
)
"""Endings of the forms of a word, and what stands in their place in the word itself."""
_SHORTEST_BASE = 4
_DOUBLES = re.compile(r"(?:^|[^aeiou])[aeiou][^aeiouwxy]$")
"""Words that double their last letter before "er" and "ed": "sliper" is no form of "slip"."""
_DOUBLED = re.compile(r"(.)\1+")
_NO_VOWELS = str.maketrans("", "", "aeiou")
_BY_EAR = 1.5
"""Slips that a word with the very consonants is nearer by."""
_RARE = 10
"""How many times rarer than another a near word is if it is not the one that is meant."""
_LONG_ENOUGH = 6
LONG_WORD = 8
"""From this length on, any two slips are forgiven."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word, as said and as corrected, and the punctuation after it ("" if none)."""

    text: str
    said: str
    after: str = ""


def normalised(text: str) -> str:
    """Return the text in lower case without accents and apostrophes.

    "&", "+", "LBD", the "PJ" of "PJ bottoms" and the four of "4 my" are spelt out.

    What cannot be seen (zero-width and direction marks) is gone.
    """
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.replace("\u00a3", "£").replace("\u20ac", "€"))
        text = "".join(
            c for c in text if not unicodedata.combining(c) and unicodedata.category(c) != "Cf"
        )
    text = _FOR.sub("for", _APOSTROPHES.sub("", text.lower()))
    text = _PJ.sub("pyjama", _LBD.sub("little black dress", text))
    return text.replace("&", " and ").replace("+", " plus ")


def words(text: str) -> tuple[str, ...]:
    """Return the normalised words of a text, without punctuation."""
    return tuple(
        piece for piece in _PIECE.findall(normalised(text)) if piece not in _BREAKS and piece != "/"
    )


def tokenize(message: str) -> list[Token]:
    """Return the tokens of a message.

    "7yo" comes apart, "6-8" reads as "6 to 8", "/" as "or" but in a fraction, " - " as a stop.
    """
    tokens: list[Token] = []
    spelt = _DASH.sub(" \u2013 ", _RANGE.sub(" to ", normalised(message)))
    for piece in _PIECE.findall(spelt):
        if piece in _BREAKS:
            if tokens and not tokens[-1].after:
                tokens[-1] = Token(tokens[-1].text, tokens[-1].said, piece)
            continue
        if piece == "/":
            tokens.append(Token("or", "/"))
            continue
        apart = _DIGITS_UNIT.match(piece)
        if apart:
            tokens.extend(Token(part, part) for part in apart.groups())
        else:
            tokens.append(Token(piece.replace(",", ""), piece))
    return tokens


def plural_forms(phrase: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the phrase and, where its last word makes one, the plural of it."""
    yield phrase
    last = phrase[-1]
    if last.endswith("s") and not last.endswith("ss"):
        return
    yield (*phrase[:-1], _plural(last))


def _plural(word: str) -> str:
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and len(word) > 1 and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


class Speller:
    """Corrects a word to a known one if it is no word itself and just one is near.

    A word of the catalogue or of plain English is never touched: "boats" is not "boots". The first
    letter must be right, since that is the one people seldom miss.
    """

    def __init__(
        self, targets: Iterable[str], known: Collection[str], used: Mapping[str, int] | None = None
    ) -> None:
        """Keep the words; how often each is `used` decides between two that are as near."""
        self._used = used or {}
        self._targets: dict[str, list[str]] = {}
        for target in sorted(set(targets)):
            if len(target) >= SHORTEST_TYPO and target.isalpha():
                self._targets.setdefault(target[0], []).append(target)
        self._known = known
        self._memory: dict[str, str] = {}

    def correct(self, word: str) -> str:
        """Return the near known word, or the word itself."""
        if len(word) < SHORTEST_TYPO or not word.isalpha() or self._is_word(word):
            return word
        if word not in self._memory:
            if len(self._memory) > 10_000:  # noqa: PLR2004 - keeps a busy bot's memory bounded
                self._memory.clear()
            self._memory[word] = self._nearest(word)
        return self._memory[word]

    def _is_word(self, word: str) -> bool:
        """Return whether a word is known, or a form of one that is: "tackier" of "tacky"."""
        if word in self._known:
            return True
        for ending, instead in _ENDINGS:
            base = word.removesuffix(ending) + instead
            if word.endswith(ending) and len(base) >= _SHORTEST_BASE and base in self._known:
                return not (ending[0] == "e" and _DOUBLES.search(base))
        return False

    def _nearest(self, word: str) -> str:
        found = process.extract(
            word,
            self._targets.get(word[0], []),
            scorer=OSA.distance,
            score_cutoff=2,
            limit=16,
        )
        near = [
            # Vowels are guessed more often than consonants: "sandles" are no "sandies".
            (t, distance - (_BY_EAR if _same_consonants(word, t) else 0))
            for t, distance, _ in found
            if _is_slip(word, t, int(distance))
        ]
        if not near:
            return word
        best = min(distance for _, distance in near)
        nearest = [target for target, distance in near if distance == best]
        most = max(self._used.get(target, 0) for target in nearest)
        nearest = [t for t in nearest if _RARE * self._used.get(t, 0) >= most]
        # A letter left out is the commonest slip, then two letters in the wrong order.
        return min(nearest, key=lambda t: (not _left_out(word, t), sorted(word) != sorted(t), t))


def _is_slip(word: str, target: str, distance: int) -> bool:
    """Return whether one may be the other.

    In the shortest words only letters that sound alike stand for each other ("lase"), and two
    slips leave the letters ("kakhi") or the consonants ("lethar") of a word that is not long, or
    are two letters left out ("legins").
    """
    if distance > 1:
        by_ear = _same_consonants(word, target) or _left_out(word, target)
        enough = len(word) >= LONG_WORD or (len(word) >= _LONG_ENOUGH and by_ear)
        return enough or _same_letters(word, target)
    if len(word) != len(target) or len(word) > SHORTEST_TYPO:
        return True
    other = [pair for pair in zip(word, target, strict=True) if pair[0] != pair[1]]
    return len(other) > 1 or any(set(other[0]) <= alike for alike in _ALIKE)


def _same_letters(word: str, target: str) -> bool:
    return sorted(word) == sorted(target)


def _same_consonants(word: str, target: str) -> bool:
    return _consonants(word) == _consonants(target)


def _consonants(word: str) -> str:
    """Return the consonants of a word, doubled ones once."""
    return _DOUBLED.sub(r"\1", word.translate(_NO_VOWELS))


def _left_out(word: str, target: str) -> bool:
    letters = iter(target)
    return all(letter in letters for letter in word)
