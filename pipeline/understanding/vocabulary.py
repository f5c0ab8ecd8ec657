"""What the catalogue itself says: its closed values, and which words and tags it uses where."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

from config.errors import LookbookError
from pipeline.article import Article
from pipeline.understanding.features import KIND, WORD, tag
from pipeline.understanding.lexicon import lexicon
from pipeline.understanding.tokens import words

FORMAT = 1
FIELDS = (
    "product_type",
    "product_group",
    "colour",
    "colour_family",
    "pattern",
    "index_name",
    "index_group",
    "section",
    "department",
    "garment_group",
    "availability",
    "currency",
)
MOST_VALUES = 2_000
"""Values kept of one field, most frequent first; a field with more is no closed set."""
MOST_WORDS = 20_000
LEAST_USED = 3
"""Articles that must use a word before its tag is counted by type."""
WOMENS_KINDS = "womens-kinds"
"""Key in `lines` for how often a line has kinds that women wear."""


class VocabularyError(LookbookError):
    """The vocabulary of an index cannot be read."""


@dataclass(frozen=True)
class Vocabulary:
    """Counts of articles, learnt in one pass over a catalogue.

    `values[field][value]`; `families[colour][colour_family]`; `tags[tag][product_type]`;
    `lines[index_name][tag]` for the tags that say whom an article is for; `words[word]` for those
    of names and descriptions; `groups[product_type][product_group]`; `prices` is (lowest, highest)
    or None; `thirds[product_type]` are the prices up to which a third and two thirds of it cost.
    """

    articles: int
    values: Mapping[str, Mapping[str, int]]
    families: Mapping[str, Mapping[str, int]]
    tags: Mapping[str, Mapping[str, int]]
    lines: Mapping[str, Mapping[str, int]]
    words: Mapping[str, int]
    prices: tuple[float, float] | None = None
    thirds: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    groups: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @classmethod
    def learn(cls, articles: Iterable[Article]) -> Self:
        """Return the vocabulary of a catalogue; reads the articles once and keeps none."""
        counts = _Counts()
        for article in articles:
            counts.add(article)
        return cls(
            articles=counts.articles,
            values={name: _most(counts.values[name], MOST_VALUES) for name in FIELDS},
            families={
                k: dict(v) for k, v in counts.families.items() if k in counts.values["colour"]
            },
            tags={k: _most(v, MOST_VALUES) for k, v in sorted(counts.kept_tags().items())},
            lines={k: dict(v) for k, v in sorted(counts.lines.items())},
            words=_most(counts.words, MOST_WORDS),
            prices=(counts.lowest, counts.highest) if counts.highest >= counts.lowest else None,
            thirds={k: _thirds(v) for k, v in sorted(counts.prices.items())},
            groups={k: _most(v, MOST_VALUES) for k, v in sorted(counts.groups.items())},
        )

    def save(self, path: Path) -> None:
        """Write the vocabulary as JSON, whole or not at all."""
        content = {
            "format": FORMAT,
            "articles": self.articles,
            "values": self.values,
            "families": self.families,
            "tags": self.tags,
            "lines": self.lines,
            "words": self.words,
            "prices": self.prices,
            "thirds": self.thirds,
            "groups": self.groups,
        }
        partial = path.with_name(path.name + ".partial")
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the vocabulary saved at `path`; VocabularyError if it cannot be read."""
        mend = "Build the index again with `lookbook index build`."
        try:
            content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            if content["format"] != FORMAT:
                raise VocabularyError(
                    f"The vocabulary {path} has format {content['format']}, not {FORMAT}.", mend
                )
            prices = content["prices"]
            return cls(
                articles=content["articles"],
                values=content["values"],
                families=content["families"],
                tags=content["tags"],
                lines=content["lines"],
                words=content["words"],
                prices=(prices[0], prices[1]) if prices else None,
                thirds={k: (v[0], v[1]) for k, v in content.get("thirds", {}).items()},
                groups=content.get("groups", {}),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VocabularyError(
                f"The vocabulary {path} cannot be read ({type(error).__name__}).", mend
            ) from None

    @cached_property
    def types(self) -> Mapping[str, int]:
        """Articles by product type."""
        return self.values["product_type"]

    @cached_property
    def currency(self) -> str:
        """The currency of most prices (ISO 4217), "" if the catalogue names none."""
        return next(iter(self.values.get("currency", {})), "")

    @cached_property
    def unavailable(self) -> tuple[str, ...]:
        """The catalogue's own values that say that an article cannot be bought."""
        values = self.values.get("availability", {})
        return tuple(v for v in values if " ".join(words(v)).endswith(_NOT_FOR_SALE))

    def price_thirds(self, types: Iterable[str]) -> tuple[float, float] | None:
        """Return about what a third and two thirds of the articles of these types cost at most.

        None if the catalogue has no prices for them.
        """
        priced = [(self.thirds[t], self.types.get(t, 0)) for t in types if t in self.thirds]
        if not priced:
            return None
        low = _weighted([(low, n) for (low, _), n in priced], 1 / 3)
        return low, _weighted([(high, n) for (_, high), n in priced], 2 / 3)

    def tagged(self, name: str, types: Iterable[str] | None = None) -> int:
        """Return how many articles, of these product types or of all, carry a tag."""
        counts = self.tags.get(name, {})
        if types is None:
            return sum(counts.values())
        return sum(counts.get(kind, 0) for kind in types)


@dataclass
class _Counts:
    articles: int = 0
    values: dict[str, Counter[str]] = field(
        default_factory=lambda: {name: Counter() for name in FIELDS}
    )
    families: dict[str, Counter[str]] = field(default_factory=dict)
    tags: dict[str, Counter[str]] = field(default_factory=dict)
    lines: dict[str, Counter[str]] = field(default_factory=dict)
    words: Counter[str] = field(default_factory=Counter)
    groups: dict[str, Counter[str]] = field(default_factory=dict)
    prices: dict[str, list[float]] = field(default_factory=dict)
    lowest: float = float("inf")
    highest: float = float("-inf")

    def add(self, article: Article) -> None:
        self.articles += 1
        for name in FIELDS:
            value = getattr(article, name)
            if value and len(value) <= 100:  # noqa: PLR2004 - longer is text, not a value
                self.values[name][value] += 1
        if article.colour and article.colour_family:
            self.families.setdefault(article.colour, Counter())[article.colour_family] += 1
        self.groups.setdefault(article.product_type, Counter())[article.product_group] += 1
        line = self.lines.setdefault(article.index_name or article.index_group, Counter())
        for name in tag(article):
            self.tags.setdefault(name, Counter())[article.product_type] += 1
            if name in _WHOM:
                line[name] += 1
            elif name in _womens_kinds():
                line[WOMENS_KINDS] += 1
        self.words.update(set(words(f"{article.name} {article.description}")))
        if article.price is not None:
            self.prices.setdefault(article.product_type, []).append(article.price)
            self.lowest = min(self.lowest, article.price)
            self.highest = max(self.highest, article.price)

    def kept_tags(self) -> dict[str, Counter[str]]:
        """Return the counts of all tags but those of words that next to no article uses."""
        used = Counter({k: v.total() for k, v in self.tags.items() if k.startswith(WORD)})
        often = {k for k, number in used.most_common(MOST_WORDS) if number >= LEAST_USED}
        return {k: v for k, v in self.tags.items() if k in often or not k.startswith(WORD)}


@cache
def _womens_kinds() -> frozenset[str]:
    return frozenset(KIND + g.name for g in lexicon().garments.values() if g.women)


_NOT_FOR_SALE = (
    "out of stock",
    "outofstock",
    "discontinued",
    "sold out",
    "soldout",
    "unavailable",
    "not available",
)
"""How product feeds (Google, Facebook, Shopify, schema.org) say that it cannot be bought."""
_WHOM = frozenset(["women", "men", "adults", "children", "girls", "boys", "kids", "baby", "teens"])


def _thirds(prices: list[float]) -> tuple[float, float]:
    ranked = sorted(prices)
    return ranked[(len(ranked) - 1) // 3], ranked[2 * (len(ranked) - 1) // 3]


def _weighted(values: list[tuple[float, int]], share: float) -> float:
    """Return the value below or at which this share of the weights lies."""
    wanted = share * sum(weight for _, weight in values)
    for value, weight in sorted(values):
        wanted -= weight
        if wanted <= 0:
            return value
    return max(values)[0]


def _most(counts: Counter[str], limit: int) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:limit])
