"""An article in a few plain words: garment, colour, fabric and the details worth telling."""

import re
from collections.abc import Iterator, Sequence
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
_SHORT = 3

SAYING_NOTHING = frozenset(
    {
        "a",
        "an",
        "the",
        "and",
        "or",
        "with",
        "in",
        "on",
        "at",
        "of",
        "for",
        "to",
        "some",
        "that",
        "my",
    }
)

_FILE = Path(config.__file__).parent / "vocabulary" / "wording.yaml"
_KEEPS_CASE = re.compile(r"^(?:[A-Z]-\w+|[A-Z]{2,}\b.*|T-shirts?|Alice|Henley|Chelsea)$")
_CENTIMETRES = r"(\d+(?:[.,]\d+)?(?:[x-]\d+(?:[.,]\d+)?)* ?cm)"
_MEASURE = re.compile(
    r"^(Width|Length|Heel|Platform|Diameter|Height)(?: height)?(?: of (\w+))?(?: front)?"
    rf"(?: approx\.?| about)? {_CENTIMETRES}(?:,.*)?$"
)
_EXTENDS = {"Width": "wide", "Length": "long", "Height": "high"}
_MEASURED = re.compile(r" of \d\S* ?cm$")
_SIZE = re.compile(rf"^Size(?: approx\.?| about)? {_CENTIMETRES}$")
_PREPOSITION = re.compile(
    r"\s+(?:all over|at|on|in|with|around|down|along|of|for|from|that|over|to|under|through|behind"
    r"|inside|between|across)\s"
)
_JOINT = re.compile(r",\s+and\s+|,\s+|(?<!hook)\s+and\s+(?!(?:loop|eye)\b)")
_FABRIC_END = re.compile(
    r",? with |,? decorated with |,? trimmed with |,? made up of |,? that "
    r"|,? in a \w+ shape|,? for |, "
)
_PACK = re.compile(
    r"(?:Set of |Pack of )?(Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten|Twelve|two|three|four|five"
    r"|six|seven|eight|nine|ten|twelve)( pairs of)? (?=[a-z])"
)
_ONE = re.compile(r"(?:A|An|Pair of) (?=[a-z])")
_FOR_DOGS = re.compile(r"^(\w+) for dogs\b")
_PURPOSE = re.compile(r"^for (?!(?:in|from)\b)[^,.]*?(?= (?:in|from|with) |, | that |$)")
_DOES = re.compile(r"^,? ?that ([^,]*?)(?=,| with |$)")
_ADJUSTABLE = re.compile(r"^Adjustable length, (\d+-\d+ cm)$")
_ASIDE = re.compile(r"\s*\([^)]*\)")
_TWO_PLACES = re.compile(r"(^|, )(front|side|chest|inner) and (back|side|front) pockets\b")
_PIECES = re.compile(r"a top and bottoms in (.+)")
_MATERIAL = re.compile(r"(?:(?:imitation|faux) )?[a-z]+")
_STATEMENT = re.compile(r"(?<!approx)\.\s+(?=[A-Z0-9])|\.$|;\s+")
_MANY_COLOURS = re.compile(
    r"^(?:(?! with ).)*\bin (?:different|various|assorted|mixed) (?:colou?rs|shades)\b"
)
_OF_THE_WHOLE = re.compile(r"^(?:with )?(.*?\w) in (.*)$")


@dataclass(frozen=True, slots=True)
class ArticleFacts:
    """What can be told of an article in plain words; empty where the article does not say.

    `garment` is without colour or article ("long-sleeved V-neck top"), `adjectives` how many of
    its leading words stand before a colour and a `material` ("leather"). `fabric` follows "in" ("a
    soft, fine knit"); an article has one of the two at most. `details`
    are noun phrases that follow "with" ("long sleeves", "a zip at the back"), the most telling
    first; `remarks` follow "is" ("slightly longer at the back"). `count` stands before them all
    ("three pairs of"), `does` follows "that" ("turns a child into a bee"), and `size` follows
    "measures" ("17x23 cm").
    """

    garment: str
    plural: bool
    colour: str = ""
    adjectives: int = 0
    material: str = ""
    fabric: str = ""
    details: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    count: str = ""
    does: str = ""
    size: str = ""

    @property
    def coloured(self) -> str:
        """Return the garment with colour and material, "short, fitted black velvet dress"."""
        words = self.garment.split()
        at = self.adjectives
        colour = "" if set(words_of(self.colour)) <= set(words_of(self.garment)) else self.colour
        if self.colour and words[:1] == ["light"] and at:
            # "light dark blue" is no colour.
            words[0] = "lightweight"
        between = [*colour.split(), *self.material.split()]
        if between and at:
            words[at - 1] = words[at - 1].rstrip(",")
        return " ".join([*self.count.split(), *words[:at], *between, *words[at:]])


def roots(text: str) -> frozenset[str]:
    """Return what words have in common: "straps" and "strappy" are of one root."""
    return frozenset(root(word) for word in words_of(text)) - SAYING_NOTHING


def root(word: str) -> str:
    """Return a word less its ending; a short word as it is."""
    if len(word) <= _SHORT:
        return word
    return re.sub(r"(\w)\1$", r"\1", re.sub(r"(?:ed|ing|es|s|ty|y)$", "", word))


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
    of_many_colours = statements and _MANY_COLOURS.match(statements[0])
    colour = "" if of_many_colours else plain_colour(article.colour)
    count = does = ""
    for index, statement in enumerate(statements[:2]):
        if statement.startswith("The "):
            continue
        count, counted = _count_and_rest(statement)
        garment, rest = _garment_and_rest(counted)
        if garment:
            fabric, does, rest = _fabric_and_rest(rest)
            others = [rest, *statements[index + 1 :]]
            break
    else:
        count, garment, fabric = "", plain_type(article.product_type), ""
        others = ["", *statements[1:]] if _names_the_article(statements) else statements
    details, remarks = _details(others[:1], others[1:])
    material = ""
    pieces = _PIECES.match(details[0]) if details and not fabric else None
    if pieces:
        # Any pyjamas are a top and bottoms.
        fabric, details = pieces.group(1), details[1:]
    if details:
        # Where there is nothing else to tell, the fabric is a sentence's end.
        material, fabric = _before_garment(_unrepeated(fabric, garment), garment)
    return ArticleFacts(
        garment=garment,
        plural=bool(count) or is_plural(garment),
        colour=colour,
        adjectives=_leading_adjectives(garment),
        material=material,
        fabric=fabric,
        details=tuple(details),
        remarks=tuple(remarks),
        count=count,
        does=does,
        size=next((size.group(1) for size in map(_SIZE.match, statements) if size), ""),
    )


def _statements(description: str) -> list[str]:
    text = " ".join(_ASIDE.sub("", description).replace("™", "").split())
    text = re.sub(r",(?=[A-Za-z])", ", ", re.sub(r"\.(?= [a-z])", ",", text))
    return [part.strip(" .") for part in _STATEMENT.split(text) if part.strip(" .")]


def _names_the_article(statements: list[str]) -> bool:
    """Tell whether the first statement names the articles themselves: "Earrings and studs"."""
    named = _PREPOSITION.split(statements[0])[0] if statements else ""
    return any(token.kind == "garment" for token in tokens_of(named, load_lexicon()))


def _count_and_rest(statement: str) -> tuple[str, str]:
    """Split "Set of four narrow hair slides" behind the count; "" where there is none."""
    statement = _FOR_DOGS.sub(lambda found: f"Dog {found.group(1).lower()}", statement)
    pack = _PACK.match(statement)
    if pack is None:
        return "", _ONE.sub("", statement, count=1) if _ONE.match(statement) else statement
    return f"{pack.group(1).lower()}{pack.group(2) or ''}", statement[pack.end() :]


def _garment_and_rest(statement: str) -> tuple[str, str]:
    """Split "Long-sleeved top in soft jersey with ..." behind the garment; "" if there is none."""
    words = statement.split()
    end = next((i for i in range(len(words)) if _ends_name(words, i)), len(words))
    name = words[:end]
    if not 1 <= len(name) <= MAX_NAME_WORDS or name[-1].endswith(",") or not _is_thing(name):
        return "", statement
    shorts = name[0].lower() == "short" and name[-1] == "shorts" and len(name) > 1
    # "Short swim shorts" are short by their name.
    said = name[1:] if shorts else name
    garment = " ".join([_lowered(said[0]), *said[1:]])
    return garment, " ".join(words[end:])


def _ends_name(words: list[str], index: int) -> bool:
    word = words[index].strip(",").lower()
    following = words[index + 1] if index + 1 < len(words) else ""
    led_on = word in wording()["name_participles"] and following in {"in", "with", "from", "by"}
    return led_on or word in wording()["name_ends"]


def _is_thing(words: list[str]) -> bool:
    if not all(words_of(word) for word in words):
        return False
    spoken = words_of(" ".join(words))
    lexicon = load_lexicon()
    before = spoken[: spoken.index("and")] if "and" in spoken else []
    pieces = any((s := lexicon.sense([word])) and s.kind == "garment" for word in before)
    if not spoken or pieces:
        return False
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
    for index, word in enumerate(words[:-1]):
        rest = lexicon.sense(words_of(" ".join(words[index:])))
        if rest is not None and rest.kind == "garment":
            break
        tokens = tokens_of(word.rstrip(","), lexicon)
        telling = tokens[-1] if tokens else Token(word, "word")
        described = telling.kind in {"attribute", "pattern"} and not _is_type_word(word)
        if described or word.endswith(("ly", ",")) or word in wording()["adjectives"]:
            count += 1
        else:
            break
    return count


def _is_type_word(word: str) -> bool:
    return word.lower().rstrip(",") in {
        "a-line",
        "push-up",
        "wrapover",
        "wrap",
        "bandeau",
        "flat",
        "print",
        "dog",
        "outdoor",
        "nursing",
    }


def _fabric_and_rest(rest: str) -> tuple[str, str, str]:
    """Split "in a soft knit that ..., with ..." into the fabric, what it does, and the rest."""
    rest, does = _without_deed(_PURPOSE.sub("", rest).strip())
    fabric, rest = _split_fabric(rest)
    if not does:
        rest, does = _without_deed(rest)
    return fabric, does, rest


def _without_deed(rest: str) -> tuple[str, str]:
    """Take "that turns a child into a bee" off the beginning."""
    deed = _DOES.match(rest)
    if deed is None:
        return rest, ""
    words = deed.group(1).split()
    sayable = 1 < len(words) <= MAX_DETAIL_WORDS
    return rest[deed.end() :].strip(" ,"), " ".join(words) if sayable else ""


def _split_fabric(rest: str) -> tuple[str, str]:
    led = re.match(r"(?:woven |knitted |crocheted |made )?(?:in|from) ", rest)
    if led is None:
        return _fabric_behind_print(rest)
    rest = rest[led.end() :]
    ends = [match.start() for match in _FABRIC_END.finditer(rest)] + [len(rest)]
    for end in ends:
        fabric = rest[:end]
        whole = not fabric.endswith("-knit")
        if whole and _has_material(fabric) and fabric.split()[0] != "the":
            rest = re.sub(r"^,? in an? \w+ shape", "", rest[end:])
            return (fabric if len(fabric.split()) <= MAX_FABRIC_WORDS else ""), rest
    return "", rest[ends[0] :]


def _fabric_behind_print(rest: str) -> tuple[str, str]:
    """Split "with a back print in soft jersey": it is the garment that is of jersey."""
    found = _OF_THE_WHOLE.match(rest)
    if found is None:
        return "", rest
    named, fabric = found.groups()
    last = tokens_of(named, load_lexicon())[-1:]
    if not last or last[0].kind != "pattern" or not _has_material(fabric):
        return "", rest
    sayable = len(fabric.split()) <= MAX_FABRIC_WORDS and not _FABRIC_END.search(fabric)
    return (fabric if sayable else ""), named


def _unrepeated(fabric: str, garment: str) -> str:
    """Return a fabric less what the garment's name says: a soft hat is not "in soft cotton" too."""
    words = fabric.split()
    named = set(words_of(garment))
    while words[1:] and words[0].lower() in named and _describes(words[0]):
        words = words[1:]
    return "" if roots(garment) & roots(" ".join(words)) else " ".join(words)


def _describes(word: str) -> bool:
    return [token.kind for token in tokens_of(word, load_lexicon())] == ["attribute"]


def _before_garment(fabric: str, garment: str) -> tuple[str, str]:
    """Divide what stands before a garment from what follows "in": "leather boots"."""
    kinds = [token.kind for token in tokens_of(fabric, load_lexicon())]
    named = _MATERIAL.fullmatch(fabric) and kinds[-1:] == ["material"]
    kind = garment.split()[_leading_adjectives(garment) :]
    # It is not the heels of "leather heeled sandals" that are of leather.
    clear = not any(word == "and" or word.endswith("ed") for word in kind)
    return (fabric, "") if named and clear else ("", fabric)


def _has_material(text: str) -> bool:
    kinds = [token.kind for token in tokens_of(text, load_lexicon())]
    knit = any(token.concept in {"knit", "weave"} for token in tokens_of(text, load_lexicon()))
    return "material" in kinds or knit


def _details(first: list[str], others: list[str]) -> tuple[list[str], list[str]]:
    """Return the details and remarks of the rest of the first statement and of the others."""
    details: list[str] = []
    remarks: list[str] = []
    for statement in [
        *first,
        *(text for text in others if _MEASURE.match(text) or not _is_of_another_garment(text)),
    ]:
        text = re.sub(r"^(?:for|to|as) .*?(?= with |$)", "", statement.strip(" ,")).strip()
        text = re.sub(r" made from [^,]*|\breal (?=\w+ pockets)", "", text)
        text = re.sub(r"(\w) front and back$", r"\1 at the front and back", text)
        text = re.sub(r"\ba text\b", "text", text)
        text = re.sub(r"^(?:,\s*)?(?:decorated with|with|and)\s+", "", text)
        measure = _MEASURE.match(text)
        adjustable = _ADJUSTABLE.match(text)
        if adjustable:
            details.append(f"an adjustable length of {adjustable.group(1)}")
        elif measure:
            what, part, length = measure.groups()
            if what in _EXTENDS and not part:
                remarks.append(f"{length} {_EXTENDS[what]}")
            else:
                details.append(_measured(what, part, length))
        elif _SIZE.match(text) or _is_deed(text):
            continue
        elif _is_remark(text):
            remarks.append(_lowered(text))
        else:
            details.extend(_noun_phrases(text))
    distinct = list(dict.fromkeys(map(_without_end, details)))
    sayable = [detail for detail in distinct if _is_sayable(detail, MAX_DETAIL_WORDS)]
    sayable = sayable or [detail for detail in distinct if _is_sayable(detail, MAX_LONG_WORDS)]
    dull = set(wording()["dull"])
    sayable.sort(key=lambda detail: bool(dull & set(detail.lower().split())))
    unsayable = set(wording()["unsayable"])
    return sayable, [
        remark
        for remark in remarks
        if (len(remark.split()) > 1 or not sayable) and not unsayable & set(remark.split())
    ]


def _without_end(detail: str) -> str:
    """Return "short, wide legs" of "short, wide legs for summer": it is the garment that is.

    Neither does "in a raised print" stand well behind "a strawberry on the front".
    """
    named, _, occasion = detail.rpartition(" for ")
    whole = named if named and occasion in wording()["occasions"] else detail
    return whole.split(", in ")[0]


def _measured(what: str, part: str | None, measure: str) -> str:
    """Say "Width of brim 8 cm" as a noun phrase, "a brim width of 8 cm"."""
    named = f"{part} {what.lower()}" if part else what.lower()
    return f"{with_article(named)} of {measure}"


def _is_deed(text: str) -> bool:
    """Tell whether a statement is what the article does: "Covers the ears"."""
    words = text.split()
    led_on = text.startswith(("that ", "which ", "where "))
    return led_on or (bool(words) and words[0].lower() in wording()["deeds"])


def _is_remark(text: str) -> bool:
    return (
        bool(
            re.match(
                r"(?:Slightly |Partly |Fully )?(?:(?:longer|shorter|Longer|Shorter)\b|"
                r"[Ll]ined(?:$| (?:at|in|on|with|inside)\b))",
                text,
            )
        )
        and len(text.split()) <= MAX_REMARK_WORDS
    )


def _is_of_another_garment(text: str) -> bool:
    """Tell whether a statement is about one piece of a set: "Leggings with a frill"."""
    tokens = tokens_of(re.split(r" (?:in|with|made) ", text)[0], load_lexicon())
    described = text.startswith(("A ", "An ")) and any(token.kind == "garment" for token in tokens)
    return text.startswith("The ") or bool(tokens and tokens[-1].kind == "garment") or described


def _noun_phrases(text: str) -> Iterator[str]:
    """Divide "side pockets, a zip fly and straight legs" where no list of places is cut."""
    text = _TWO_PLACES.sub(r"\1\2 & \3 pockets", text)
    atoms, joints = _JOINT.split(text), _JOINT.findall(text)
    phrase = atoms[0]
    for joint, atom in zip(joints, atoms[1:], strict=True):
        if _belongs(phrase, atom, joint):
            phrase = f"{phrase}{joint}{atom}"
        else:
            yield _determined(phrase.replace(" & ", " and "))
            phrase = atom
    yield _determined(phrase.replace(" & ", " and "))


def _belongs(phrase: str, atom: str, joint: str) -> bool:
    last, tokens = (tokens_of(text, load_lexicon()) for text in (phrase, atom))
    if not tokens or tokens[0].words in _SUBORDINATE or _PREPOSITION.match(f" {atom}"):
        return True
    if _continues(phrase, last, tokens):
        return True
    spelt = atom.split(maxsplit=1)[0].lower() in {"a", "an"}
    # "a drawstring and straight", of "straight, wide legs", is not one phrase either.
    describes = all(token.kind == "attribute" for token in tokens)
    determined = spelt or describes or tokens[0].kind in {"determiner", "quantity"}
    noun = _noun_before_preposition(atom)
    countable = bool(noun) and not is_plural(noun) and not _is_uncountable(atom)
    if "," not in joint and not determined and (countable or tokens[0].kind == "word"):
        plural = is_plural(noun) and len(atom.split()) > 1
        return countable or (tokens[0].words not in _STARTS and not plural)
    placed = any(token.kind == "placing" for token in last)
    return placed and len(atom.split()) == 1 and tokens[0].kind in {"part", "place"}


def _continues(phrase: str, last: Sequence[Token], tokens: Sequence[Token]) -> bool:
    """Tell whether the last words of a phrase and the next are of one kind, and hang together."""
    # "slim metal and plastic frames" are of both.
    if last[-1].kind == tokens[0].kind == "material":
        return True
    describing = last[-1].kind in {"attribute", "colour"} or phrase.endswith(" wrapover")
    if describing and tokens[0].kind != "determiner":
        return True
    if len(last) == 1 and last[0].kind == "place":
        return True
    named = tokens_of(_PREPOSITION.split(phrase)[0], load_lexicon())
    # What comes behind "an integral top with space for pads" is the inner top's.
    if " with " in phrase and named and named[-1].kind == "garment":
        return True
    return last[-1].kind == "garment" and any(token.kind == "garment" for token in tokens)


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
    named = phrase.split(" and ", maxsplit=1)[0]
    noun = _noun_before_preposition(named)
    kinds = [token.kind for token in tokens_of(named, load_lexicon())]
    describes = bool(kinds) and kinds[-1] in {"attribute", "colour", "material"}
    if describes or phrase.lower().startswith(("front and", "side and", "hook and")):
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
    if re.search(r"\d", detail) and not _MEASURED.search(detail):
        return False
    if (
        re.search(r"/ | - |[^\w\s,.'\u2019°½¼¾&/-]", detail)
        or "(" in detail
        or detail.count(",") >= _ENUMERATED
    ):
        return False
    head = _PREPOSITION.split(detail)[0]
    kinds = {token.kind for token in tokens_of(head, load_lexicon())}
    named = bool(kinds & {"part", "pattern", "garment", "place"}) or head.endswith(" finish")
    return named or bool(_MEASURED.search(detail))
