"""Fashion English as words and phrases with what they say: "press-studs" are one part."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipeline.writing.lexicon import Lexicon

QUALIFIERS = frozenset({"colour", "material", "pattern", "attribute", "quantity"})
FACTS = QUALIFIERS | {"garment", "part", "place", "measure"}

_ASIDE = re.compile(r"\s*\([^()]*\)")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|[()\n]+|\s[-\u2013\u2014]\s")
_PIECE = re.compile(r"[^\W_]+(?:['.,x][^\W_]+)*|[,/&%]", re.UNICODE)
# "wind- and waterproof"
_HALVED = re.compile(r"\b(\w+)- and (\w+?)-?(proof|repellent|resistant)\b")
_NUMBER = re.compile(r"\d+(?:[.,x]\d+)*")
_DIGITS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_POINTING = frozenset({"this", "these"})
_EDGES = {"top": "upper edge", "bottom": "lower edge"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or phrase with its kind.

    Besides the kinds of the lexicon: "measure" is a number with its unit, "word" says nothing
    known, "," and "and" join. `of` is what qualifies the part in an adjective made of a part:
    "long" in "long-sleeved".
    """

    words: str
    kind: str
    concept: str = ""
    of: str = ""


def sentences_of(text: str) -> list[str]:
    """Return the sentences and clauses of a text; a colon, bracket or dash ends one too."""
    whole = f"{_ASIDE.sub('', text)} . {' . '.join(_ASIDE.findall(text))}"
    return [part for part in _SENTENCE.split(whole) if part.strip(" .")]


def tokens_of(sentence: str, lexicon: Lexicon) -> list[Token]:
    """Return the tokens of one sentence, phrases as long as the lexicon has them."""
    whole = _HALVED.sub(r"\1\3 and \2\3", sentence.lower())
    pieces: list[str] = _PIECE.findall(whole.replace("\u2019", "'"))
    tokens: list[Token] = []
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        if _NUMBER.fullmatch(piece):
            unit = position + 1 < len(pieces) and pieces[position + 1] in lexicon.units
            tokens.append(_number(piece, with_unit=unit))
            size = 1
        else:
            token, size = _longest(pieces, position, lexicon)
            tokens.append(token)
        position += size
    return _settled(tokens, lexicon)


def _number(piece: str, *, with_unit: bool) -> Token:
    if with_unit:
        return Token(piece, "measure", piece)
    if piece.isdigit() and 0 <= int(piece) - 2 < len(_DIGITS):
        return Token(piece, "quantity", _DIGITS[int(piece) - 2])
    return Token(piece, "quantity", piece)


def _longest(pieces: Sequence[str], position: int, lexicon: Lexicon) -> tuple[Token, int]:
    piece = pieces[position]
    if piece in {",", "/", "&", "and", "or"}:
        return Token(piece, "," if piece == "," else "and"), 1
    for size in range(min(lexicon.longest, len(pieces) - position), 0, -1):
        phrase = list(pieces[position : position + size])
        sense = lexicon.sense(phrase)
        if sense:
            return Token(" ".join(phrase), sense.kind, sense.concept), size
    return Token(piece, "word"), 1


def _may_be_verb(token: Token, before: Token, following: Token, lexicon: Lexicon) -> bool:
    """Tell whether a word is a verb: "a wide waist TOPS these tights", "beads TRIM the cuffs"."""
    plain = lexicon.is_plain(token.words)
    led_on = following.words in _POINTING or (plain and following.words == "the")
    formed = token.words.endswith("s") or plain
    return led_on and formed and token.kind in FACTS and before.kind in FACTS


def _settled(tokens: Iterable[Token], lexicon: Lexicon) -> list[Token]:
    """Decide what depends on the words before: "the top", "long-sleeved", "wire-free"."""
    settled: list[Token] = []
    for token, following in pairwise([*tokens, Token("", "word")]):
        before = settled[-1] if settled else Token("", "word")
        earlier = settled[-2] if len(settled) > 1 else Token("", "word")
        part = lexicon.part_adjectives.get(token.words)
        at = before.words == "on" or (before.words == "the" and earlier.kind == "placing")
        if token.words in _EDGES and at:
            settled.append(Token(token.words, "place", _EDGES[token.words]))
        elif part and before.kind in FACTS and not before.of:
            settled[-1] = Token(f"{before.words} {token.words}", "attribute", part, before.concept)
        elif token.words in lexicon.free and before.kind in FACTS:
            settled.insert(-1, Token("free", "negation"))
        elif _may_be_verb(token, before, following, lexicon):
            settled.extend((Token("", "verb"), Token(token.words, "word")))
        elif token.words in lexicon.verbs and (
            before.kind == "garment" or before.concept in lexicon.plain_materials
        ):
            settled.extend((Token("", "verb"), token))
        else:
            settled.append(token)
    return settled
