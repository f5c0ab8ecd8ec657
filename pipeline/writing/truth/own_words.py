"""Words that only one article has: its "plate" and "almond-shaped toes" become facts too."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

from pipeline.article import Article
from pipeline.writing.lexicon import Kind, Lexicon, Sense, load_lexicon, singulars
from pipeline.writing.tokens import FACTS, Token, sentences_of, tokens_of

SHORTEST = 3
"""Letters of a word that can be a fact."""

_REMEMBERED = 1024
_PARTICIPLES = ("ed", "ing")
_COMPOUNDING = frozenset({"shaped"})
_ADVERBS = ("ly",)
_TOGETHER = FACTS - {"measure"}


def own_lexicon(article: Article) -> Lexicon:
    """Return the lexicon with what else the article's description says of itself."""
    return _own_lexicon(article.description)


@lru_cache(_REMEMBERED)
def _own_lexicon(description: str) -> Lexicon:
    lexicon = load_lexicon()
    senses = dict(lexicon.senses)
    implied = dict(lexicon.implied)
    for sentence in sentences_of(description):
        tokens = tokens_of(sentence, lexicon)
        for word, part in _compounds(tokens, lexicon):
            compound = f"{word} {_singular(part.words)}"
            senses[compound] = Sense(compound, "part")
            broader = lexicon.implied.get(part.concept, frozenset({part.concept}))
            implied[compound] = broader | {compound}
        for group in _groups(tokens, lexicon):
            for position, token in enumerate(group):
                if token.kind == "word":
                    last = position == len(group) - 1
                    kind: Kind = "part" if last and _may_be_noun(token.words) else "attribute"
                    senses[token.words] = Sense(_singular(token.words), kind)
                    senses.setdefault(_singular(token.words), Sense(_singular(token.words), kind))
    return replace(lexicon, senses=senses, implied=implied)


def _compounds(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[tuple[str, Token]]:
    """Yield plain words that make a part another one: a KEY pocket, a NOTE compartment."""
    for before, word, part in zip(tokens, tokens[1:], tokens[2:], strict=False):
        begins = before.kind in {"determiner", "quantity", "having", "and", ",", "attribute"}
        plain = word.kind == "word" and lexicon.is_plain(word.words)
        if begins and plain and part.kind == "part" and not word.words.endswith(_PARTICIPLES):
            yield word.words, part


def _groups(tokens: Sequence[Token], lexicon: Lexicon) -> Iterator[list[Token]]:
    """Yield words that stand together and mean something, such as "plain polished plate"."""
    group: list[Token] = []
    for index, token in enumerate(tokens):
        counted = token.words[:1].isdigit()
        if (token.kind in _TOGETHER and not counted) or (
            token.kind == "word" and _means_something(token, lexicon)
        ):
            group.append(token)
        elif _lists_adjectives(group, tokens, index):
            continue
        elif group:
            yield group
            group = []
    if group:
        yield group


def _lists_adjectives(group: Sequence[Token], tokens: Sequence[Token], index: int) -> bool:
    """Tell whether a comma stands between adjectives: "a plain, polished plate"."""
    alone = len(group) == 1 and index > 1 and tokens[index - 2].kind == "determiner"
    following = tokens[index + 1].kind if index + 1 < len(tokens) else ""
    return alone and tokens[index].kind == "," and following in {"word", "attribute"}


def _means_something(token: Token, lexicon: Lexicon) -> bool:
    word = token.words
    if word in _COMPOUNDING:
        return True
    long_enough = len(word) >= SHORTEST and word.isalpha()
    return long_enough and not lexicon.is_plain(word) and not word.endswith(_ADVERBS)


def _may_be_noun(word: str) -> bool:
    return not word.endswith(_PARTICIPLES)


def _singular(word: str) -> str:
    return next(iter(singulars(word)), word)
