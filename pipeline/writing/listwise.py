"""Reads the list that a model writes to the paper's prompts: which article, and what of it."""

import json
import re
from collections.abc import Iterator, Sequence

from pipeline.article import Article
from pipeline.writing.lexicon import words_of

_ITEM = re.compile(
    r"^\s{0,6}(?:\*\*|__|#{1,6}\s*)?"
    r"(?:\(?(?:item|no\.?|number|recommendation|outfit)?\s*\d{1,3}\s*[.):\]-]|[-*•\u2013+]|\[\d{1,3}\])"
    r"(?:\*\*|__)?\s*",
    re.IGNORECASE | re.MULTILINE,
)
_DIVIDER = re.compile(r"^\W*(?:-|\u2013|\u2014|:|\||,|\.)\W*|^\W+")
_EMPHASIS = re.compile(r"\*\*|__|[`#*]|</?[a-z]+>")
_NAME_KEYS = ("id", "article_id", "name", "title", "product", "item", "product_name", "prod_name")
_TEXT_KEYS = ("introduction", "text", "description", "reason", "intro", "explanation", "why")

Entry = tuple[Article, str]
"""An article and what was written of it; "" where it was only topped up."""


def parse_list(reply: str, articles: Sequence[Article], count: int) -> list[Entry]:
    """Return exactly `count` articles (fewer only if there are fewer), each once.

    First come those that the reply names, in its order, with what it says of them; what it names
    twice or does not have from `articles` is dropped. The rest is topped up in the order of
    `articles` without a text. Never raises, whatever the reply.
    """
    entries: list[Entry] = []
    taken: set[str] = set()
    for label, text in _items(reply):
        article, rest = _article_of(label, text, articles, taken)
        if article is not None:
            taken.add(article.id)
            entries.append((article, rest))
    entries.extend((article, "") for article in articles if article.id not in taken)
    return entries[:count]


def named_articles(reply: str, articles: Sequence[Article]) -> list[Article | None]:
    """Return the article of every item of a reply, repeated ones too; None for one unknown."""
    return [_article_of(label, text, articles, set())[0] for label, text in _items(reply)]


def _items(reply: str) -> Iterator[tuple[str, str]]:
    """Yield (label, text) per item; the label is "" where the text names the article itself."""
    structured = list(_json_items(reply))
    if structured:
        yield from structured
        return
    starts = [match.start() for match in _ITEM.finditer(reply)]
    if not starts:
        for paragraph in re.split(r"\n\s*\n|\n", reply):
            yield "", paragraph
        return
    for start, end in zip(starts, [*starts[1:], len(reply)], strict=True):
        yield "", _ITEM.sub("", reply[start:end], count=1)


def _json_items(reply: str) -> Iterator[tuple[str, str]]:
    decoder = json.JSONDecoder()
    position = 0
    while (opening := re.compile(r"[\[{]").search(reply, position)) is not None:
        try:
            value, position = decoder.raw_decode(reply, opening.start())
        except ValueError:
            position = opening.start() + 1
            continue
        yield from _json_entries(value)


def _json_entries(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, list):
        for entry in value:
            yield from _json_entries(entry)
    elif isinstance(value, dict):
        name = next((str(value[key]) for key in _NAME_KEYS if key in value), "")
        text = next((str(value[key]) for key in _TEXT_KEYS if key in value), "")
        if name:
            yield name, text
        else:
            for key, entry in value.items():
                if isinstance(entry, str):
                    yield str(key), entry
                else:
                    yield from _json_entries(entry)


def _article_of(
    label: str, text: str, articles: Sequence[Article], taken: set[str]
) -> tuple[Article | None, str]:
    """Find the article that an item is about: by id, else by the longest name at its start."""
    plain = " ".join(_EMPHASIS.sub("", text).split())
    named = f"{label} {plain}" if label else plain
    for article in articles:
        if article.id and re.search(rf"(?<!\w){re.escape(article.id)}(?!\w)", named):
            if article.id in taken:
                return None, ""
            return article, plain if label else _behind(plain, [article.name, article.id])
    by_length = sorted(articles, key=lambda a: -len(a.name))
    spoken = words_of(named)
    for article in by_length:
        name = words_of(article.name)
        if name and spoken[: len(name)] == name and article.id not in taken:
            return article, plain if label else _behind(plain, [article.name])
    return None, ""


def _behind(text: str, labels: Sequence[str]) -> str:
    """Return what stands behind an item's labels: its name, id, and the divider."""
    position = 0
    again = True
    while again:
        again = False
        for label in labels:
            pattern = r"\W+".join(re.escape(word) for word in words_of(label))
            found = re.compile(rf"\W*(?:id\W*)?{pattern}(?!\w)", re.IGNORECASE).match(
                text, position
            )
            if pattern and found:
                position, again = found.end(), True
    rest = _DIVIDER.sub("", text[position:], count=1) if position else text
    return rest.strip()
