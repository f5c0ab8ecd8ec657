"""Text and prices as shops export them, made plain."""

import html
import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser
from math import isfinite
from typing import NamedTuple

_SHORT = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--")
_BLOCKS = re.compile(
    r"address|article|aside|blockquote|br|caption|d[dlt]|div|fig(caption|ure)|footer|h[1-6]|header"
    r"|hr|li|main|nav|[ou]l|p|pre|section|table|tbody|t[dhr]|tfoot|thead"
)
_UNSEEN = frozenset(("script", "style", "template", "title"))

_ISO_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
_NUMBER = re.compile(r"\d[\d.,'\u2019\s]*")
_SYMBOLS = {"€": "EUR", "£": "GBP", "₹": "INR", "₩": "KRW", "zł": "PLN", "₺": "TRY", "₽": "RUB"}


def clean_text(text: str) -> str:
    """Return the text with entities decoded, in NFC, without control characters or stray space."""
    return _cleaned_before(text) if len(text) <= _SHORT else _cleaned(text)


def _cleaned(text: str) -> str:
    if text.isascii() and text.isprintable() and "&" not in text and "  " not in text:
        return text.strip(" ")
    text = unicodedata.normalize("NFC", html.unescape(text))
    return " ".join(_CONTROL.sub(" ", text).split())


# Most cells are one of a few hundred values: types, colours, sections.
_cleaned_before = lru_cache(maxsize=4_096)(_cleaned)


def plain_text(markup: str) -> str:
    """Return what a reader sees of HTML, on one line; text without tags is only cleaned."""
    if not _TAG.search(markup):
        return clean_text(markup)
    seen = _SeenText()
    seen.feed(markup)
    seen.close()
    return clean_text("".join(seen.parts))


class _SeenText(HTMLParser):
    """Streams over the markup, so depth of nesting costs nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _UNSEEN:
            self._unseen += 1
        elif _BLOCKS.fullmatch(tag):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif _BLOCKS.fullmatch(tag):
            self.parts.append(" ")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


class Price(NamedTuple):
    """An amount in units of `currency` (ISO 4217, "" if the text names none)."""

    amount: float
    currency: str


def parse_price(text: str) -> Price | None:
    """Read "19.99 USD", "EUR 1.299,00", "£20" or "1,299"; None if that is not one price.

    A comma or point before one or two last digits is the decimal mark; before three it groups
    thousands if it is a comma, or if it stands there more than once.
    """
    numbers = _NUMBER.findall(text)
    if len(numbers) != 1 or "-" in text:
        return None
    amount = _amount(re.sub(r"['\u2019\s]", "", numbers[0]).rstrip(".,"))
    if amount is None:
        return None
    code = _ISO_CODE.search(text)
    symbol = next((iso for sign, iso in _SYMBOLS.items() if sign in text), "")
    return Price(amount, code[0] if code else symbol)


def _amount(digits: str) -> float | None:
    point, comma = digits.rfind("."), digits.rfind(",")
    if comma > point and (point >= 0 or len(digits) - comma - 1 != 3):  # noqa: PLR2004 - thousands
        digits = digits.replace(".", "").replace(",", ".")
    else:
        digits = digits.replace(",", "")
    if digits.count(".") > 1:
        digits = digits.replace(".", "")
    try:
        amount = float(digits)
    except ValueError:
        return None
    return amount if isfinite(amount) else None
