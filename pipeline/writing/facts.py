"""An article in a few plain words: garment, colour, fabric and the details worth telling."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

import config
from pipeline.article import Article
from pipeline.writing.lexicon import load_lexicon, words_of
from pipeline.writing.tokens import Token, tokens_of

MAX_NAME_WORDS = 6
MAX_DETAIL_WORDS = 11
MAX_LONG_WORDS = 20
"""For a detail where there is no shorter one, such as the two pieces of a set."""

MAX_FABRIC_WORDS = 9
MAX_REMARK_WORDS = 7

_ENUMERATED = 3

_FILE = Path(config.__file__).parent / "vocabulary" / "wording.yaml"
_KEEPS_CASE = re.compile(r"^(?:[A-Z]-\w+|[A-Z]{2,}\b.*|T-shirts?|Alice|Henley|Chelsea)$")
_MEASURE = re.compile(
    r"^(Width|Length|Heel|Size|Diameter|Height)(?: height)?(?: approx\.?| about)? "
    r"(\d+(?:[.,]\d+)?(?:x\d+(?:[.,]\d+)?)* ?cm)$"
)
_PREPOSITION = re.compile(
    r"\s+(?:at|on|in|with|around|down|along|of|for|from|that|over|to|under|through|behind|inside|between|across)\s"
)
_JOINT = re.compile(r",\s+and\s+|,\s+|(?<!hook)\s+and\s+(?!(?:loop|eye)\b)")
_FABRIC_END = re.compile(r",? with |,? decorated with |,? that |, ")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_STATEMENT = re.compile(r"\.\s+(?=[A-Z0-9])|\.$|;\s+")


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What can be told of an article in plain words; empty where the article does not say.

    `garment` is without colour or article ("long-sleeved V-neck top"), `adjectives` how many of
    its leading words stand before a colour. `fabric` follows "in" ("a soft, fine knit"). `details`
    are noun phrases that follow "with" ("long sleeves", "a zip at the back"), the most telling
    first; `remarks` follow "is" ("slightly longer at the back").
    """

    garment: str
    plural: bool
    colour: str = ""
    adjectives: int = 0
    fabric: str = ""
    details: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def coloured(self) -> str:
        """Return the garment with its colour, "short, fitted black dress"."""
        words = self.garment.split()
        at = self.adjectives
        colour = "" if set(words_of(self.colour)) <= set(words_of(self.garment)) else self.colour
        return " ".join([*words[:at], *colour.split(), *words[at:]])


@cache
def wording() -> dict[str, Any]:
    """Return `config/vocabulary/wording.yaml`."""
    content: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return content


def plain_colour(colour: str) -> str:
    """Return a catalogue's colour as people say it: "Other Pink" is pink, "Unknown" is ""."""
    name = " ".join(colour.lower().split())
    plain: dict[str, str] = wording()["colours"]
    if name in plain:
        return plain[name]
    name = name.removeprefix("other ").split("/")[0]
    return name if re.fullmatch(r"[a-zà-ÿ-]+(?: [a-zà-ÿ-]+){0,2}", name) else ""


def plain_type(product_type: str) -> str:
    """Return a catalogue's product type in plain words: "Hat/beanie" is a hat."""
    name = " ".join(product_type.lower().split())
    types: dict[str, str] = wording()["types"]
    return types.get(name) or name.split("/")[0].strip() or "piece"


def is_plural(noun: str) -> bool:
    """Tell whether "these" goes with a noun: trousers, earrings, but not a dress."""
    words = noun.lower().split()
    last = words[-1] if words else ""
    if last in wording()["singular_in_s"]:
        return False
    return last.endswith("s") and not last.endswith(("ss", "us", "is"))


def facts_of(article: Article) -> ArticleFacts:
    """Return the plain facts of an article, from its fields and its description."""
    statements = _statements(article.description)
    colour = plain_colour(article.colour)
    for index, statement in enumerate(statements[:2]):
        if statement.startswith("The "):
            continue
        garment, rest = _garment_and_rest(statement)
        if garment:
            fabric, rest = _fabric_and_rest(rest)
            others = [rest, *statements[index + 1 :]]
            break
    else:
        garment, fabric, others = plain_type(article.product_type), "", statements
    details, remarks = _details(others[:1], others[1:])
    return ArticleFacts(
        garment=garment,
        plural=is_plural(garment),
        colour=colour,
        adjectives=_leading_adjectives(garment),
        fabric=fabric,
        details=tuple(details),
        remarks=tuple(remarks),
    )


def _statements(description: str) -> list[str]:
    text = " ".join(_ASIDE.sub("", description).replace("™", "").split())
    text = re.sub(r"\.(?= [a-z])", ",", text)
    return [part.strip(" .") for part in _STATEMENT.split(text) if part.strip(" .")]


def _garment_and_rest(statement: str) -> tuple[str, str]:
    """Split "Long-sleeved top in soft jersey with ..." behind the garment; "" if there is none."""
    words = statement.split()
    end = next((i for i in range(len(words)) if _ends_name(words, i)), len(words))
    name = words[:end]
    if not 1 <= len(name) <= MAX_NAME_WORDS or name[-1].endswith(",") or not _is_thing(name):
        return "", statement
    garment = " ".join([_lowered(name[0]), *name[1:]])
    return garment, " ".join(words[end:])


def _ends_name(words: list[str], index: int) -> bool:
    word = words[index].strip(",").lower()
    following = words[index + 1] if index + 1 < len(words) else ""
    led_on = word in wording()["name_participles"] and following in {"in", "with", "from", "by"}
    return led_on or word in wording()["name_ends"]


def _is_thing(words: list[str]) -> bool:
    spoken = words_of(" ".join(words))
    if not spoken or "and" in spoken:
        return False
    lexicon = load_lexicon()
    for size in range(min(3, len(spoken)), 0, -1):
        sense = lexicon.sense(spoken[-size:])
        if sense and sense.kind == "garment":
            return True
    return any(" ".join(spoken[-size:]) in wording()["things"] for size in (1, 2, 3))


def _lowered(word: str) -> str:
    return word if _KEEPS_CASE.match(word.rstrip(",")) else word[:1].lower() + word[1:]


def _leading_adjectives(garment: str) -> int:
    words = garment.split()
    count = 0
    lexicon = load_lexicon()
    for word in words[:-1]:
        tokens = tokens_of(word.rstrip(","), lexicon)
        telling = tokens[-1] if tokens else Token(word, "word")
        if (telling.kind in {"attribute", "pattern"} and not _is_type_word(word)) or word.endswith(
            ("ly", ",")
        ):
            count += 1
        else:
            break
    return count


def _is_type_word(word: str) -> bool:
    return word.lower().rstrip(",") in {"push-up", "wrapover", "wrap", "bandeau", "flat", "print"}


def _fabric_and_rest(rest: str) -> tuple[str, str]:
    """Split "in a soft, fine knit with ..." behind the fabric."""
    led = re.match(r"(?:woven |knitted |crocheted |made )?(?:in|from) ", rest)
    if led is None:
        return "", rest
    rest = rest[led.end() :]
    ends = [match.start() for match in _FABRIC_END.finditer(rest)] + [len(rest)]
    for end in ends:
        fabric = rest[:end]
        if _has_material(fabric) and fabric.split()[0] != "the":
            return (fabric if len(fabric.split()) <= MAX_FABRIC_WORDS else ""), rest[end:]
    return "", rest[ends[0] :]


def _has_material(text: str) -> bool:
    kinds = [token.kind for token in tokens_of(text, load_lexicon())]
    knit = any(token.concept in {"knit", "weave"} for token in tokens_of(text, load_lexicon()))
    return "material" in kinds or knit


def _details(first: list[str], others: list[str]) -> tuple[list[str], list[str]]:
    """Return the details and remarks of the rest of the first statement and of the others."""
    details: list[str] = []
    remarks: list[str] = []
    for statement in [*first, *(text for text in others if not _is_of_another_garment(text))]:
        text = re.sub(r"^(?:for|to|as) .*?(?= with |$)", "", statement.strip(" ,")).strip()
        text = re.sub(r"^(?:,\s*)?(?:decorated with|with|and)\s+", "", text)
        measure = _MEASURE.match(text)
        if measure:
            details.append(f"a {measure.group(1).lower()} of {measure.group(2)}")
        elif text.startswith(("that ", "which ", "where ")):
            continue
        elif _is_remark(text):
            remarks.append(_lowered(text))
        else:
            details.extend(_noun_phrases(text))
    distinct = list(dict.fromkeys(details))
    sayable = [detail for detail in distinct if _is_sayable(detail, MAX_DETAIL_WORDS)]
    sayable = sayable or [detail for detail in distinct if _is_sayable(detail, MAX_LONG_WORDS)]
    dull = set(wording()["dull"])
    sayable.sort(key=lambda detail: bool(dull & set(detail.lower().split())))
    return sayable, [remark for remark in remarks if _is_sayable(remark, MAX_DETAIL_WORDS)]


def _is_remark(text: str) -> bool:
    return (
        bool(
            re.match(r"(?:Slightly |Partly |Fully )?(?:longer|shorter|lined|Longer|Lined)\b", text)
        )
        and len(text.split()) <= MAX_REMARK_WORDS
    )


def _is_of_another_garment(text: str) -> bool:
    """Tell whether a statement is about one piece of a set: "Leggings with a frill"."""
    tokens = tokens_of(re.split(r" (?:in|with|made) ", text)[0], load_lexicon())
    return text.startswith("The ") or bool(tokens and tokens[-1].kind == "garment")


def _noun_phrases(text: str) -> Iterator[str]:
    """Divide "side pockets, a zip fly and straight legs" where no list of places is cut."""
    atoms, joints = _JOINT.split(text), _JOINT.findall(text)
    phrase = atoms[0]
    for joint, atom in zip(joints, atoms[1:], strict=True):
        if _belongs(phrase, atom, joint):
            phrase = f"{phrase}{joint}{atom}"
        else:
            yield _determined(phrase)
            phrase = atom
    yield _determined(phrase)


def _belongs(phrase: str, atom: str, joint: str) -> bool:
    lexicon = load_lexicon()
    last, tokens = tokens_of(phrase, lexicon), tokens_of(atom, lexicon)
    if not tokens or tokens[0].words in _SUBORDINATE or last[-1].kind in {"attribute", "colour"}:
        return True
    if len(last) == 1 and last[0].kind == "place":
        return True
    if last[-1].kind == "garment" and any(token.kind == "garment" for token in tokens):
        return True
    determined = tokens[0].kind in {"determiner", "quantity"}
    noun = _noun_before_preposition(atom)
    countable = bool(noun) and not is_plural(noun) and not _is_uncountable(atom)
    if "," not in joint and not determined and (countable or tokens[0].kind == "word"):
        return tokens[0].words not in _STARTS or countable
    placed = any(token.kind == "placing" for token in last)
    return placed and len(tokens) == 1


def _is_uncountable(phrase: str) -> bool:
    words = phrase.lower().replace(",", "").split()
    known = wording()["uncountable"]
    heads = range(1, len(words) + 1)
    noun = _noun_before_preposition(phrase)
    ending = [" ".join(words[max(0, end - size) : end]) for end in heads for size in (1, 2)]
    return any(phrase.endswith(noun) and phrase in known for phrase in ending)


_SUBORDINATE = frozenset({"which", "that", "where", "while", "giving", "with", "as", "to", "but"})
_STARTS = frozenset({"gently", "slightly", "softly", "lightly", "sewn", "low", "metal", "roll"})


def _noun_before_preposition(phrase: str) -> str:
    head = _PREPOSITION.split(phrase)[0]
    words = head.split()
    return words[-1].lower().strip(",") if words else ""


def _determined(phrase: str) -> str:
    """Put "a" before a singular noun that a heading style left bare: "Chest pocket"."""
    words = phrase.strip(" ,").split()
    if not words:
        return ""
    words[0] = _lowered(words[0])
    first = words[0].lower()
    noun = _noun_before_preposition(phrase.split(" and ", maxsplit=1)[0])
    if phrase.lower().startswith(("front and", "side and")):
        noun = _noun_before_preposition(phrase)
    bare = first not in {"a", "an", "the", "two", "three", "four", "five", "one"}
    if bare and noun and not is_plural(noun) and not _is_uncountable(phrase):
        return f"{with_article(' '.join(words))}"
    return " ".join(words)


def with_article(phrase: str) -> str:
    """Return the phrase behind "a" or "an", as it is spoken."""
    first = re.split(r"[\s,-]", phrase)[0]
    vowel = first[:1].lower() in "aeiou" and not re.match(r"(?i)(?:uni|use|eu|one|uv|u$)", first)
    spelt = first.isupper() and len(first) <= _ENUMERATED and first[:1] in "AEFHILMNORSX"
    number = first.startswith(("8", "11", "18"))
    return f"{'an' if (vowel or spelt or number) else 'a'} {phrase}"


def _is_sayable(detail: str, most: int) -> bool:
    words = detail.lower().replace(",", " ").split()
    if not 1 < len(words) <= most or set(words) & set(wording()["unsayable"]):
        return False
    if re.search(r"\d", detail) and not detail.endswith("cm"):
        return False
    if (
        re.search(r"/ |[^\w\s,.'\u2019°½¼¾&/-]", detail)
        or "(" in detail
        or detail.count(",") >= _ENUMERATED
    ):
        return False
    head = _PREPOSITION.split(detail)[0]
    kinds = {token.kind for token in tokens_of(head, load_lexicon())}
    return bool(kinds & {"part", "pattern", "garment", "place"}) or detail.endswith("cm")
