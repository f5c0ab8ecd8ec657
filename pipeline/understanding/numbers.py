"""Numbers in a message: how many articles, what price, what age; sizes are left alone."""

from dataclasses import dataclass

from pipeline.understanding.lexicon import Lexicon, Phrase
from pipeline.understanding.tokens import words

HIGHEST_COUNT = 100
_AGE_UNITS = frozenset(["year", "years", "yr", "yrs", "yo", "y", "yrold"])
_MONTH_UNITS = frozenset(["month", "months", "mo", "mth", "mths", "week", "weeks"])
_AGE_BEFORE = frozenset(["age", "aged", "is", "hes", "shes", "turning", "nearly", "almost", "of"])
_SIZE_BEFORE = frozenset(["size", "sizes", "uk", "eu", "us", "waist", "leg", "number", "article"])
OLDEST_CHILD = 15
_OF_THESE = frozenset(["them", "those", "these", "the", "your"])


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of a message say; `used` are the tokens they took."""

    count: int | None
    age: float | None
    price_from: float | None
    price_to: float | None
    used: frozenset[int]


class NumberReader:
    """Reads numbers by the words around them."""

    def __init__(self, concepts: Lexicon) -> None:
        talk = concepts.talk
        self._spelt = {word: int(value) for word, value in talk["numbers"].items()}
        self._counts = sorted(
            ((words(said), int(value)) for said, value in talk["counts"].items()),
            key=lambda item: -len(item[0]),
        )
        self._countable = frozenset(talk["countable"])
        self._count_before = [words(said) for said in talk["count_before"]]
        self._not_counted = frozenset(word for said in talk["not_counted"] for word in words(said))
        self._currency = frozenset(talk["currency"])
        self._at_most = [words(said) for said in talk["at_most"]]
        self._at_least = [words(said) for said in talk["at_least"]]

    def read(
        self, texts: Phrase, garments: frozenset[int], kin: frozenset[int], *, follow_up: bool
    ) -> Numbers:
        """Return the numbers; `garments` and `kin` are tokens that name kinds and children."""
        used: set[int] = set()
        low, high = self._prices(texts, used)
        age = self._age(texts, used, kin)
        count = self._count(texts, used, garments, follow_up=follow_up)
        return Numbers(count, age, low, high, frozenset(used))

    def _value(self, word: str) -> float | None:
        if word.replace(".", "", 1).isdigit():
            return float(word)
        spelt = self._spelt.get(word)
        return float(spelt) if spelt is not None else None

    def _prices(self, texts: Phrase, used: set[int]) -> tuple[float | None, float | None]:
        low: float | None = None
        high: float | None = None
        for place, word in enumerate(texts):
            if not word.replace(".", "", 1).isdigit():
                continue
            before = place - 1
            marked = False
            if before >= 0 and texts[before] in self._currency:
                marked, before = True, before - 1
            after = texts[place + 1] if place + 1 < len(texts) else ""
            if after in self._currency:
                marked = True
            value = float(word)
            joint = texts[before] if before >= 0 else ""
            earlier = next(
                (float(t) for t in reversed(texts[:before]) if t.replace(".", "", 1).isdigit()),
                None,
            )
            if marked and joint in ("and", "to") and earlier is not None and earlier < value:
                low, high = earlier, value
            elif self._ends(texts[: before + 1], self._at_most) and self._is_price(
                texts, place, marked=marked
            ):
                high = value
            elif self._ends(texts[: before + 1], self._at_least) and marked:
                low = value
            elif marked and after in self._currency and "or" in texts[place + 1 : place + 4]:
                high = value
            else:
                if marked:
                    used.add(place)
                    high = high if high is not None else value
                continue
            used.update({place, max(before, 0)})
        return low, high

    def _is_price(self, texts: Phrase, place: int, *, marked: bool) -> bool:
        if marked:
            return True
        after = texts[place + 1] if place + 1 < len(texts) else ""
        joint = texts[place - 1] if place else ""
        return (
            joint not in ("max", "maximum", "most", "to")
            and after not in self._not_counted
            and after not in self._countable
        )

    def _age(self, texts: Phrase, used: set[int], kin: frozenset[int]) -> float | None:
        for place, word in enumerate(texts):
            value = self._value(word)
            if value is None or place in used or value > 120:  # noqa: PLR2004 - years
                continue
            after = texts[place + 1] if place + 1 < len(texts) else ""
            if after in _MONTH_UNITS:
                used.update({place, place + 1})
                return value / (52 if after.startswith("week") else 12)
            if after in _AGE_UNITS and value.is_integer():
                used.update({place, place + 1})
                return value
            if self._is_age(texts, place, value, kin):
                used.add(place)
                return value
        return None

    def _is_age(self, texts: Phrase, place: int, value: float, kin: frozenset[int]) -> bool:
        """Return whether a number without a unit is somebody's age."""
        before = texts[place - 1] if place else ""
        if before in ("age", "aged") or texts[place + 2 : place + 3] == ("old",):
            return True
        if value > OLDEST_CHILD:
            return False
        near_kin = any(abs(place - k) <= 4 for k in kin)  # noqa: PLR2004 - "my son hes 4"
        if near_kin and before in _AGE_BEFORE and texts[place + 1 : place + 2] != ("of",):
            return True
        told = place - 1 in kin and texts[place].isdigit()
        return told or _is_of_somebody(texts[:place])

    def _count(
        self, texts: Phrase, used: set[int], garments: frozenset[int], *, follow_up: bool
    ) -> int | None:
        for said, value in self._counts:
            for place in range(len(texts) - len(said) + 1):
                if texts[place : place + len(said)] == said:
                    used.update(range(place, place + len(said)))
                    return value
        for place, word in enumerate(texts):
            number = self._value(word)
            if number is None or place in used | garments or not number.is_integer():
                continue
            if not 1 <= number <= HIGHEST_COUNT or not self._counts_articles(
                texts, place, garments, follow_up=follow_up
            ):
                continue
            used.add(place)
            return int(number)
        return None

    def _counts_articles(
        self, texts: Phrase, place: int, garments: frozenset[int], *, follow_up: bool
    ) -> bool:
        before = texts[place - 1] if place else ""
        after = texts[place + 1] if place + 1 < len(texts) else ""
        one = texts[place] == "one"
        measured = before in _SIZE_BEFORE or before in self._currency or after in self._currency
        if measured or (after in self._not_counted and after not in self._countable):
            return False
        if after == "of" and place + 2 < len(texts):
            return texts[place + 2] in _OF_THESE
        if after in self._countable:
            return not one or after not in ("please", "of")
        if self._ends(texts[:place], self._count_before):
            return not one or before in ("just", "only", "exactly", "top")
        if any(place + step in garments for step in range(1, 5)):
            return not one and not before.isdigit()
        return follow_up and len(texts) == 1

    def _ends(self, texts: Phrase, phrases: list[Phrase]) -> bool:
        return any(texts[-len(p) :] == p for p in phrases if len(p) <= len(texts))


def _is_of_somebody(before: Phrase) -> bool:
    """Return whether the words before a number are "he is", "she's", "they are"."""
    return before[-1:] in (("hes",), ("shes",)) or before[-2:] in (("he", "is"), ("she", "is"))
