"""Numbers in a message: how many articles, what price, what age; sizes are left alone."""

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.understanding.lexicon import Lexicon, Phrase
from pipeline.understanding.tokens import words

HIGHEST_COUNT = 100
_AGE_UNITS = frozenset(["year", "years", "yr", "yrs", "yo", "y", "yrold"])
_MONTH_UNITS = frozenset(["month", "months", "mo", "mth", "mths", "week", "weeks"])
AGE_WORDS = frozenset([*_AGE_UNITS, *_MONTH_UNITS, "old"])
_AGO = frozenset(["after", "in", "last", "past", "over", "these", "since"])
"""Words before years that pass, and are nobody's age."""
_WITH_CHILD = frozenset(["gone", "pregnant", "along", "in", "to", "left", "ago", "expecting"])
_IS_SOMEBODY = frozenset(["im", "hes", "shes", "am", "aged", "age", "turns", "turning"])
_WILL_DO = frozenset(
    [("to", "choose"), ("would", "be"), ("will", "do"), ("would", "do"), ("is", "enough")]
)
_FEW = 12
"""Up to here a number after "up to" counts articles where no currency is named."""
_OLDEST = 99
_WILL = frozenset(["hell", "shell", "will"])
"""As "he'll" and "she'll" read without an apostrophe."""
_TOLD = frozenset(["hes", "shes", "whos", "turning", "turned", "turns"])
_AGE_BEFORE = _TOLD | {"age", "aged", "is", "nearly", "almost", "of"}
_SIZE_BEFORE = frozenset(["size", "sizes", "uk", "eu", "us", "waist", "leg", "number", "article"])
OLDEST_CHILD = 15
_YEARS_BEFORE_SCHOOL = 4.5
_LAST_SCHOOL_YEAR = 11
_AFTER_A_COUNT = frozenset(["in", "but", "with", "then", "though", "thanks"])
_HAVING = frozenset(["got", "have", "had", "own", "owns", "has"])
_OF_THESE = frozenset(["them", "those", "these", "the", "your"])


@dataclass(frozen=True, slots=True)
class Numbers:
    """What the numbers of a message say; `used` are the tokens they took."""

    count: int | None
    age: float | None
    price_from: float | None
    price_to: float | None
    used: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Amount:
    """A number that may be a price: its token, where its currency begins, whether it has one."""

    place: int
    start: int
    value: float
    marked: bool


class NumberReader:
    """Reads numbers by the words around them."""

    def __init__(self, concepts: Lexicon) -> None:
        talk = concepts.talk
        self._spelt = {word: float(value) for word, value in talk["numbers"].items()}
        self._counts = sorted(
            ((words(said), int(value)) for said, value in talk["counts"].items()),
            key=lambda item: -len(item[0]),
        )
        self._countable = frozenset(talk["countable"])
        self._count_before = [words(said) for said in talk["count_before"]]
        self._not_counted = frozenset(word for said in talk["not_counted"] for word in words(said))
        self._function_words = frozenset(["", *talk["function_words"]])
        self._money = {word: float(value) for word, value in talk["money"].items()}
        self._currency = frozenset(talk["currency"])
        self._at_most = [words(said) for said in talk["at_most"]]
        self._at_least = [words(said) for said in talk["at_least"]]

    def read(
        self,
        texts: Phrase,
        *,
        garments: frozenset[int],
        kin: frozenset[int],
        phrases: frozenset[int],
        follow_up: bool,
    ) -> Numbers:
        """Return the numbers.

        `garments` and `kin` are tokens that name kinds and children; those of longer `phrases`
        ("one shoulder") count nothing.
        """
        used: set[int] = set()
        low, high = self._prices(texts, used, garments)
        age = self._age(texts, used, kin)
        taken = frozenset(used) | phrases | garments
        count = self._count(texts, used, garments, kin, taken, follow_up=follow_up)
        return Numbers(count, age, low, high, frozenset(used))

    def _value(self, word: str) -> float | None:
        if word.replace(".", "", 1).isdigit():
            return float(word)
        return self._spelt.get(word)

    def _prices(
        self, texts: Phrase, used: set[int], garments: frozenset[int]
    ) -> tuple[float | None, float | None]:
        low: float | None = None
        high: float | None = None
        earlier: float | None = None
        for amount in self._amounts(texts):
            before = texts[: amount.start]
            joint = before[-1] if before else ""
            if amount.marked and joint in ("and", "to") and earlier is not None:
                low, high = min(earlier, amount.value), max(earlier, amount.value)
            elif self._ends(before, self._at_most) and (
                amount.marked
                or (
                    self._is_price(texts, amount.place, garments)
                    and not self._is_few(texts, amount)
                )
            ):
                high = amount.value
            elif self._ends(before, self._at_least) and amount.marked:
                low = amount.value
            elif amount.marked:
                high = amount.value if high is None or self._is_most(texts, amount) else high
            else:
                earlier = amount.value
                continue
            earlier = amount.value
            used.update(range(max(amount.start - 1, 0), amount.place + 1))
        return low, high

    def _amounts(self, texts: Phrase) -> Iterator["_Amount"]:
        for place, word in enumerate(texts):
            value = self._money.get(word)
            marked = value is not None
            if value is None:
                if not word.replace(".", "", 1).isdigit():
                    continue
                value = float(word)
            start = place
            if start and texts[start - 1] in self._currency:
                start, marked = start - 1, True
            if texts[place + 1 : place + 2] and texts[place + 1] in self._currency:
                marked = True
            if start and texts[start - 1] in ("a", "the"):
                start -= 1
            yield _Amount(place, start, value, marked=marked)

    def _is_few(self, texts: Phrase, amount: "_Amount") -> bool:
        """Return whether a number is rather one of articles: "no more than 2"."""
        return amount.value <= _FEW and self._ends(texts[: amount.place], self._count_before)

    def _is_most(self, texts: Phrase, amount: "_Amount") -> bool:
        """Return whether "or less" follows an amount."""
        return "or" in texts[amount.place + 1 : amount.place + 4]

    def _is_price(self, texts: Phrase, place: int, garments: frozenset[int]) -> bool:
        """Return whether a number after "under" or "max" is a price though no currency is named."""
        after = texts[place + 1] if place + 1 < len(texts) else ""
        joint = texts[place - 1] if place else ""
        return (
            joint not in ("max", "maximum", "most", "to")
            and after not in self._not_counted
            and after not in self._countable
            and place + 1 not in garments
        )

    def _age(self, texts: Phrase, used: set[int], kin: frozenset[int]) -> float | None:
        for place, word in enumerate(texts):
            value = self._value(word)
            if value is None or place in used or value > 120:  # noqa: PLR2004 - years
                continue
            if _is_school_year(texts, place, value):
                used.update((place - 1, place))
                return value + _YEARS_BEFORE_SCHOOL
            first, last = self._range(texts, place)
            after = texts[last + 1] if last + 1 < len(texts) else ""
            if after.startswith("week") and not self._is_old(texts, last + 2, kin):
                continue
            if self._is_time(texts, first, last):
                continue
            years = after in _AGE_UNITS and value.is_integer()
            if not (years or after in _MONTH_UNITS or self._is_age(texts, place, value, kin)):
                continue
            told = years or after in _MONTH_UNITS
            used.update(range(first, last + (2 if told else 1)))
            value = ((self._value(texts[first]) or 0) + (self._value(texts[last]) or 0)) / 2
            if after in _MONTH_UNITS:
                return value / (52 if after.startswith("week") else 12)
            return value
        return None

    def _is_time(self, texts: Phrase, first: int, last: int) -> bool:
        """Return whether it is time that passes: "after 6 years", "7 months gone"."""
        following = texts[last + 2 : last + 3]
        if texts[last + 1 : last + 2] == ("months",):
            return bool(following) and following[0] in _WITH_CHILD
        old = following in (("old",), ("olds",))
        passing = first > 0 and texts[first - 1] in _AGO
        return texts[last + 1 : last + 2] == ("years",) and passing and not old

    def _is_old(self, texts: Phrase, end: int, kin: frozenset[int]) -> bool:
        """Return whether weeks are an age, not how long a journey takes."""
        return texts[end : end + 1] == ("old",) or any(abs(end - k) <= 4 for k in kin)  # noqa: PLR2004

    def _range(self, texts: Phrase, place: int) -> tuple[int, int]:
        """Return where the range that a number belongs to begins and ends ("6 to 8")."""
        if texts[place - 1 : place] == ("to",) and place > 1 and self._value(texts[place - 2]):
            return place - 2, place
        following = "".join(texts[place + 2 : place + 3])
        if texts[place + 1 : place + 2] == ("to",) and self._value(following):
            return place, place + 2
        return place, place

    def _is_age(self, texts: Phrase, place: int, value: float, kin: frozenset[int]) -> bool:
        """Return whether a number without a unit is somebody's age."""
        before = texts[place - 1] if place else ""
        if before in ("age", "aged") or texts[place + 2 : place + 3] == ("old",):
            return True
        if before == "be" and place > 1 and texts[place - 2] in _WILL:
            return True
        if before in _TOLD and any(abs(place - k) <= 4 for k in kin):  # noqa: PLR2004
            return True
        if value > OLDEST_CHILD:
            of_kin = place - 1 in kin and not before.endswith("s")
            of_kin = of_kin or (before == "is" and place - 2 in kin)
            return (of_kin or before == "im") and value <= _OLDEST
        near_kin = any(abs(place - k) <= 4 for k in kin)  # noqa: PLR2004 - "my son hes 4"
        near_kin = near_kin and not (before == "of" and place - 2 in kin)  # "A mum of two."
        if near_kin and before in _AGE_BEFORE | {"are"} and texts[place + 1 : place + 2] != ("of",):
            return True
        told = place - 1 in kin and texts[place].isdigit()
        return told or _is_of_somebody(texts[:place])

    def _count(
        self,
        texts: Phrase,
        used: set[int],
        garments: frozenset[int],
        kin: frozenset[int],
        taken: frozenset[int],
        *,
        follow_up: bool,
    ) -> int | None:
        for said, value in self._counts:
            for place in range(len(texts) - len(said) + 1):
                if texts[place : place + len(said)] == said:
                    used.update(range(place, place + len(said)))
                    return value
        for place, word in enumerate(texts):
            number = self._value(word)
            if number is None or place in taken or not number.is_integer():
                continue
            of_kids = place - 2 in kin and texts[place - 1] == "of"
            if of_kids or (place - 2 in used and texts[place - 1] == "and" and kin):
                continue  # "A mum of two", "my kids are 3 and 6".
            of_somebody = place - 1 in kin or (place and texts[place - 1] in _IS_SOMEBODY)
            if of_somebody and place + 1 not in garments:
                continue
            if not 1 <= number <= HIGHEST_COUNT:
                continue
            opens = follow_up and _opens_with_count(texts, place)
            if not opens and not self._counts_articles(texts, place, garments, follow_up=follow_up):
                continue
            used.add(place)
            return int(number)
        return None

    def _counts_articles(
        self, texts: Phrase, place: int, garments: frozenset[int], *, follow_up: bool
    ) -> bool:
        first, last = self._range(texts, place)
        before = texts[first - 1] if first else ""
        after = texts[place + 1] if place + 1 < len(texts) else ""
        measured = before in _SIZE_BEFORE or before in self._currency or after in self._currency
        if place != last or measured:
            return False
        if after in self._not_counted and after not in self._countable:
            return False
        if after == "of" and place + 2 < len(texts):
            # "One of those claw clips" names a kind, "I've got six of those" what one has.
            kind = texts[place] == "one" and place + 3 in garments
            return texts[place + 2] in _OF_THESE and not kind and before not in _HAVING
        if texts[place] == "one":
            return self._counts_one(texts, place, garments)
        told = after in self._countable or texts[place + 1 : place + 3] in _WILL_DO
        if told or self._ends(texts[:first], self._count_before):
            return True
        named = any(place + step in garments for step in range(1, 5))
        return not before.isdigit() if named else follow_up and len(texts) == 1

    def _counts_one(self, texts: Phrase, place: int, garments: frozenset[int]) -> bool:
        """Return whether "one" is a number and no pronoun."""
        before = texts[place - 1] if place else ""
        after = texts[place + 1] if place + 1 < len(texts) else ""
        if after in self._countable and after != "please":
            return True
        told = before in ("just", "only", "exactly", "top")
        return told or self._is_one_garment(texts, place, garments)

    def _is_one_garment(self, texts: Phrase, place: int, garments: frozenset[int]) -> bool:
        """Return whether "one" counts a kind that follows, adjectives between them at most."""
        for step in range(1, 4):
            if place + step in garments:
                return True
            if "".join(texts[place + step : place + step + 1]) in self._function_words:
                return False
        return False

    def _ends(self, texts: Phrase, phrases: list[Phrase]) -> bool:
        return any(texts[-len(p) :] == p for p in phrases if len(p) <= len(texts))


def _is_school_year(texts: Phrase, place: int, value: float) -> bool:
    """Return whether it is a year of a British school: "my nephew is in year 7"."""
    named = texts[max(0, place - 1) : place] in (("year",), ("yr",))
    return named and value.is_integer() and 1 <= value <= _LAST_SCHOOL_YEAR


def _opens_with_count(texts: Phrase, place: int) -> bool:
    """Return whether a follow-up begins with how many: "five, in white"."""
    return place == 0 and texts[0] != "one" and not _AFTER_A_COUNT.isdisjoint(texts[1:2])


def _is_of_somebody(before: Phrase) -> bool:
    """Return whether the words before a number are "he is", "she's", "they are"."""
    return before[-1:] in (("hes",), ("shes",)) or before[-2:] in (("he", "is"), ("she", "is"))
