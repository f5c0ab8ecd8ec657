"""Is an introduction true to its article? Every fact, and the part that it is said of, is checked.

Words alone are not enough: "a loop at the front" uses only the words of an article with a zip at
the front and a loop at the back. So the introduction and the article are both read as facts and
bonds (`reading`), and whatever the introduction claims must be among what the article says.

What that cannot see has a module each: words nobody gave (`made_up`), qualifiers that got lost
(`kept`), pieces of a set (`pieces`), who wears it (`wearer`), English (`grammar`, `repetition`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, singulars, words_of
from pipeline.writing.truth.actions import strange_actions
from pipeline.writing.truth.bonds import BODY, Bond, bond
from pipeline.writing.truth.form import form_problems
from pipeline.writing.truth.kept import facts_without_their_word
from pipeline.writing.truth.made_up import made_up
from pipeline.writing.truth.own_words import own_lexicon
from pipeline.writing.truth.pieces import exchanged
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth.reading import Reading, read_claims, read_facts
from pipeline.writing.truth.wearer import wrong_wearers

MAX_NAME_WORDS = 5
"""Words of a garment's name at the beginning of a description."""

COMPANION_REACH = 3
"""How many words may stand between "under" and the blazer that the article goes under."""

_NAMED_KINDS = frozenset({"colour", "material", "garment", "pattern"})
_COMMON_KINDS = frozenset({"garment", "colour"})
_AGE = re.compile(r"\b(\d+|[a-z]+)[ -]?(?:year|yr|month|yo)s?\b")


def problems(
    introduction: str, article: Article, request: str, others: Sequence[Article] = ()
) -> list[Problem]:
    """Return everything that keeps an introduction from being shown; nothing means it is true.

    `request` is the shopper's sentence, whose occasion may be echoed; `others` are the other
    articles of the same answer, whose names must not appear.
    """
    form = list(form_problems(introduction, article, request, others, own_lexicon(article)))
    if any(problem.kind == "not text" for problem in form):
        return form
    return [*form, *_Check(introduction, article, request).problems()]


class _Check:
    """One introduction against one article."""

    def __init__(self, text: str, article: Article, request: str) -> None:
        self._text = text
        self._request = request
        self._article = article
        self._lexicon = own_lexicon(article)
        self._claims = read_claims(text, self._lexicon)
        self._said = _read_article(article, self._lexicon)
        self._facts = _implied_by(self._said.facts, self._lexicon)

    def problems(self) -> Iterator[Problem]:
        """Yield what is not the article's."""
        unsaid = sorted(self._claims.facts - self._facts - self._lexicon.general)
        unsaid = [fact for fact in unsaid if self._opposite(fact) not in self._said.denied]
        for fact in unsaid:
            if not self._is_the_shoppers(fact):
                yield Problem("invented", fact)
        own = _implied_by(_own_garments(self._article, self._lexicon), self._lexicon)
        for garment in sorted(self._claims.pointed_at - own - set(unsaid)):
            yield Problem("invented", garment)
        yield from self._multiplied()
        yield from self._singled()
        yield from self._occasions()
        for fact in sorted(self._claims.denied - self._said.denied):
            if self._opposite(fact) not in self._facts and not self._is_unwanted(fact):
                yield Problem("denied", fact)
        yield from self._misplaced(unsaid)
        yield from made_up(self._text, self._article, self._request, self._facts, self._lexicon)
        yield from strange_actions(self._text, self._article, self._request, self._lexicon)
        yield from facts_without_their_word(self._text, self._article, self._claims.denied)
        yield from wrong_wearers(self._text, self._article, self._lexicon)
        yield from exchanged(self._text, self._article.description, own, self._lexicon)
        if self._says_nothing() or not self._names_the_garment():
            yield Problem("vague", "")

    def _opposite(self, fact: str) -> str | None:
        return self._lexicon.opposites.get(fact)

    def _is_unwanted(self, fact: str) -> bool:
        """Tell whether the shopper denies a fact of a sort that the article names its own of."""
        own_of_sort = self._claims.kinds[fact] in _NAMED_KINDS and fact not in self._facts
        return own_of_sort and fact in read_facts(self._request, self._lexicon).denied

    def _is_the_shoppers(self, fact: str) -> bool:
        """Tell whether a fact is of the shopper's occasion, not of the article."""
        if fact not in read_facts(self._request, self._lexicon).facts:
            return False
        kind = self._claims.kinds[fact]
        if kind in {"garment", "part"} and self._accompanies(fact):
            return True
        ages = {self._as_fact(age) for age in _AGE.findall(self._text.lower())}
        return fact in ages or self._echoes(fact)

    def _as_fact(self, word: str) -> str:
        return next(iter(read_facts(word, self._lexicon).facts), word)

    def _accompanies(self, fact: str) -> bool:
        """Tell whether a garment is only what the article goes with: "under a BLAZER"."""
        words = words_of(self._text)
        for index in range(len(words)):
            for size in range(1, COMPANION_REACH + 1):
                phrase = words[index : index + size]
                sense = self._lexicon.sense(phrase)
                if sense is not None and sense.concept == fact:
                    before = words[max(0, index - COMPANION_REACH) : index]
                    return bool(self._lexicon.companions & set(before))
        return False

    def _echoes(self, fact: str) -> bool:
        """Tell whether a fact only describes something of the shopper's: "on WOODEN floors"."""
        theirs = set(pairwise(words_of(self._request)))
        for word, following in pairwise(words_of(self._text)):
            sense = self._lexicon.sense([word])
            if sense is not None and sense.concept == fact:
                return (word, following) in theirs and self._lexicon.sense([following]) is None
        return False

    def _multiplied(self) -> Iterator[Problem]:
        """Yield plurals of what the article has one of: "hoods"."""
        own = set(words_of(f"{self._article.name} {self._article.description}"))
        counted = any(self._claims.kinds[fact] == "quantity" for fact in self._claims.facts)
        for word in sorted(set(words_of(self._text)) - own - self._lexicon.verbs):
            sense = self._lexicon.sense([word])
            stated = sense is not None and sense.kind == "part" and not counted
            if sense is None or not stated or sense.concept in self._lexicon.everyday:
                continue
            if own & set(singulars(word)):
                yield Problem("invented", word)

    def _singled(self) -> Iterator[Problem]:
        """Yield one of what the article has several of: "a side pocket", "a moulded cup"."""
        own = set(words_of(self._article.description))
        for run in self._claims.runs:
            head = run.head()
            if run.determined not in {"a", "an"} or head is None or head.kind != "part":
                continue
            last = head.words.split()[-1]
            if last not in own and f"{last}s" in own and run.tokens[-1] is head:
                yield Problem("invented", f"a {head.words}")

    def _occasions(self) -> Iterator[Problem]:
        known = f"{self._request} {self._article.description} {self._article.name}".lower()
        for word in words_of(self._text):
            if word in self._lexicon.occasions and word.rstrip("s") not in known:
                yield Problem("invented", word)

    def _misplaced(self, unsaid: Iterable[str]) -> Iterator[Problem]:
        bonds = _implied_bonds(self._said, self._lexicon)
        colours = read_facts(
            f"{self._article.colour}. {self._article.colour_family}", self._lexicon
        ).facts
        anywhere = {*unsaid, *_implied_by(colours, self._lexicon), *self._lexicon.general}
        for alternatives in sorted(
            self._claims.bonds, key=lambda pairs: sorted(map(sorted, pairs))
        ):
            if not alternatives & bonds and not any(pair & anywhere for pair in alternatives):
                yield Problem("misplaced", " / ".join(sorted(min(alternatives, key=sorted))))

    def _names_the_garment(self) -> bool:
        """Tell whether a draft says what the article is, by a garment or by a word of its type."""
        types = words_of(f"{self._article.product_type} {_kind_of(self._article)}")
        own = {form for word in types for form in (word, *singulars(word))}
        told = {form for word in words_of(self._text) for form in (word, *singulars(word))}
        return "garment" in self._claims.kinds.values() or bool(own & told)

    def _says_nothing(self) -> bool:
        """Tell whether a draft names only garment and colour where there is more to tell."""
        claims, told = self._claims, read_facts(self._article.description, self._lexicon)
        telling = claims.facts | claims.denied
        pieces = [fact for fact in claims.facts if claims.kinds[fact] == "garment"]
        if len(pieces) > 1:
            return False
        return all(claims.kinds[fact] in _COMMON_KINDS for fact in telling) and any(
            told.kinds[fact] not in _COMMON_KINDS for fact in told.facts
        )


def _kind_of(article: Article) -> str:
    """Return what a description begins with, where it names the garment: "Slingbacks"."""
    return " ".join(article.description.split(" in ")[0].split()[:MAX_NAME_WORDS])


def _read_article(article: Article, lexicon: Lexicon) -> Reading:
    """Read everything an article says of itself; name, type, colour and pattern of the whole."""
    price = "" if article.price is None else f"{article.price:g} {article.price:.2f}"
    title, text = _title(article, lexicon), read_facts(f"{article.description} . {price}", lexicon)
    of_the_whole = {frozenset({bond(fact, BODY)}) for fact in title.facts}
    return Reading(
        facts=title.facts | text.facts,
        kinds={**title.kinds, **text.kinds},
        denied=text.denied,
        bonds=title.bonds | text.bonds | of_the_whole,
    )


def _title(article: Article, lexicon: Lexicon) -> Reading:
    fields = (article.product_type, article.colour, article.colour_family, article.pattern)
    parts = [article.name.replace("/", " "), *(field.replace("/", " . ") for field in fields)]
    return read_facts(" . ".join(parts), lexicon)


def _own_garments(article: Article, lexicon: Lexicon) -> frozenset[str]:
    """Return what the article may be called; a dress with a flared skirt is no skirt."""
    for sentence in article.description.split(". "):
        described = read_facts(sentence.split(" with ")[0], lexicon)
        if "garment" in described.kinds.values():
            return _title(article, lexicon).facts | described.facts
    return _title(article, lexicon).facts


def _implied_by(facts: Iterable[str], lexicon: Lexicon) -> frozenset[str]:
    return frozenset(broader for fact in facts for broader in _implied(fact, lexicon))


def _implied(fact: str, lexicon: Lexicon) -> frozenset[str]:
    return lexicon.implied.get(fact, frozenset({fact}))


def _implied_bonds(said: Reading, lexicon: Lexicon) -> frozenset[Bond]:
    """Return an article's bonds with all that they imply: a chest pocket is a pocket."""
    implied: set[Bond] = set()
    for fact in said.facts:
        parts = _implied(fact, lexicon)
        implied.update(bond(a, b) for a in parts for b in parts if a != b)
    for first, second in (pair for alternatives in said.bonds for pair in alternatives):
        for a in _implied(first, lexicon):
            implied.update(bond(a, b) for b in _implied(second, lexicon))
    return frozenset(implied)
