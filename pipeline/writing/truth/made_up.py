"""Words that neither the article nor the shopper gave: "wings" on a costume without any."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.article import Article
from pipeline.writing.facts import wording
from pipeline.writing.lexicon import Lexicon, forms_of, uninflected, words_of
from pipeline.writing.tokens import Token, sentences_of, tokens_of
from pipeline.writing.truth.problem import Problem

_NOUNS = frozenset({"garment", "part", "material", "pattern", "place"})
_DESCRIBED = frozenset({"garment", "part", "material", "pattern", "attribute"})
_PLAIN_PATTERNS = frozenset({"Solid", ""})
_CUTS = frozenset({"fit", "cut", "silhouette"})
_PHRASE = 6
"""Words within which an occasion is named: "ready for a summer wedding on the beach"."""
_NO_THING = Token("", "word")
_OF_EACH = frozenset({"each", "both", "either"})
_TURNED = frozenset({"into", "like"})
_PURPOSE = frozenset({"to", "on"})
_EFFORTLESS = frozenset({"easy", "simple"})
_ENDS = frozenset({"end", "ends", "tip", "tips"})
_OF_SHAPE = frozenset({"attribute", "determiner"})
_PRONOUNS = frozenset({"it", "them", "this", "these"})
_JOINTS = frozenset({"for", "to", "as", "on", "in", "at", "enough", "with"})


def made_up(
    text: str, article: Article, request: str, facts: frozenset[str], lexicon: Lexicon
) -> Iterator[Problem]:
    """Yield every word that states something and that nobody gave; `facts` are the article's.

    A shopper's word may name an occasion or a person; it may not describe the article.
    """
    own = forms_of(
        " . ".join(
            (
                article.name,
                article.product_type,
                article.description,
                article.pattern,
                article.index_name,
                article.section,
                article.currency,
                "plain" if article.pattern in _PLAIN_PATTERNS else "",
            )
        )
    )
    shopper = _Shopper(request, lexicon)
    described = forms_of(article.description)
    for sentence in sentences_of(text):
        tokens = tokens_of(sentence, lexicon)
        for index, token in enumerate(tokens):
            if token.concept and token.concept in facts:
                continue
            for word in words_of(token.words):
                stated = _states(tokens, index, word, lexicon)
                predicate = index > 0 and tokens[index - 1].kind == "copula"
                theirs = described if word == "plain" and predicate else own
                given = _is_among(word, theirs) or not word.isalpha()
                if stated and not given and not shopper.gave(tokens, index, word):
                    yield Problem("invented", word)
            if [t.words for t in tokens[index : index + 2]] == ["ready", "for"]:
                yield from _unasked(tokens[index + 2 :], own, shopper, lexicon)


def _unasked(
    tokens: Sequence[Token], own: frozenset[str], shopper: "_Shopper", lexicon: Lexicon
) -> Iterator[Problem]:
    """Yield what a garment is ready for though nobody asked, or that is nothing to be ready for.

    "ready for THE DROP"; "ready for A JACKET", for the shopper's words may be no occasion.
    """
    occasions = lexicon.occasions.union(wording()["occasions"])
    near = tokens[:_PHRASE]
    words = [word for token in near for word in words_of(token.words)]
    named = any(word in occasions and (word in own or shopper.said(word)) for word in words)
    said = [word for t in near if t.kind == "word" for word in words_of(t.words)]
    deed = any(word.endswith("ing") and (word in own or shopper.said(word)) for word in said)
    if not named and not deed:
        yield Problem("invented", f"ready for {' '.join(words[:2])}")


def _states(tokens: Sequence[Token], index: int, word: str, lexicon: Lexicon) -> bool:
    """Tell whether a word states something by itself that `truth` does not look at."""
    token, following = tokens[index], _following(tokens, index)
    if word in _OF_EACH:
        return following.words == "of" or following.kind in _NOUNS
    if word in _EFFORTLESS:
        return following.words in _PURPOSE
    before = tokens[max(0, index - 2) : index]
    if word in _CUTS and [t.kind for t in before] == ["determiner", "word"]:
        return True  # "a close fit": a verb elsewhere, here it is said of the garment
    if word in _ENDS and before and before[-1].kind in _OF_SHAPE and before[-1].words != "the":
        return True  # "a rounded end"
    if lexicon.is_plain(word):
        return False
    verb = following.kind == "determiner" or following.words in _PRONOUNS
    thing = token.concept in lexicon.everyday and token.kind in _NOUNS and not verb
    return token.kind == "word" or thing


class _Shopper:
    """What a request lets an introduction say."""

    def __init__(self, request: str, lexicon: Lexicon) -> None:
        words = words_of(request)
        self._lexicon = lexicon
        self._words = forms_of(request)
        self._pairs = set(pairwise(words))

    def said(self, word: str) -> bool:
        """Tell whether a word, or a form of it, stands in the request."""
        return _is_among(word, self._words)

    def gave(self, tokens: Sequence[Token], index: int, word: str) -> bool:
        """Tell whether the shopper said a word, and it is not said of the article here."""
        before = tokens[max(0, index - 2) : index]
        if tokens[index].kind in _NOUNS and any(
            token.words in self._lexicon.possessives for token in before
        ):
            return True
        if not self.said(word):
            return False
        following = _following(tokens, index)
        theirs = (word, following.words) in self._pairs and following.words not in _JOINTS
        denied = any(token.kind == "negation" for token in before)
        describes = following.kind in _DESCRIBED
        if denied or (theirs and self._goes_with(before)):
            return True
        if theirs or word.endswith("'s"):
            return not describes
        if word in self._lexicon.qualities:
            occasion = following.kind == "word" and following.words.isalpha()
            return occasion and following.words not in _JOINTS
        predicate = bool(before) and before[-1].kind == "copula"
        turned = any(token.words in _TURNED for token in before)
        return not (predicate or turned or describes)

    def _goes_with(self, before: Sequence[Token]) -> bool:
        return any(token.words in self._lexicon.companions for token in before)


def _following(tokens: Sequence[Token], index: int) -> Token:
    return tokens[index + 1] if index + 1 < len(tokens) else _NO_THING


def _is_among(word: str, forms: frozenset[str]) -> bool:
    return any(form in forms for form in (word, *uninflected(word)))
