"""A shallow reading of fashion English: which facts a text states, and of which part.

"Black jumper with long sleeves and ribbing at the cuffs" states the facts black, jumper, long,
sleeve, ribbing and cuff, and the bonds long/sleeve and ribbing/cuff. A bond is unordered, so that
"ribbed cuffs" and "ribbing at the cuffs" are the same; what is said of the whole garment is bonded
to BODY.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from pipeline.writing.lexicon import Kind, Lexicon, load_lexicon

BODY = "body"
QUALIFIERS = frozenset({"colour", "material", "pattern", "attribute", "quantity"})
FACTS = QUALIFIERS | {"garment", "part", "place"}

_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|[()\n]+|\s[-–—]\s")
_PIECE = re.compile(r"[^\W_]+(?:['’.,x][^\W_]+)*|[,/&]", re.UNICODE)
_NUMBER = re.compile(r"\d+(?:[.,x]\d+)*")
_DIGITS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True, slots=True)
class Token:
    """A word or phrase with its kind; "word" says nothing known, "," and "and" join."""

    words: str
    kind: Kind | str
    concept: str = ""
    of: str = ""
    """For an adjective made of a part ("long-sleeved"): the concept that qualifies the part."""


@dataclass(slots=True)
class Run:
    """Fact words that stand together, such as "wide, ribbed cuffs", and how they are led in."""

    lead: str = ""
    determined: bool = False
    negated: bool = False
    adjacent: bool = False
    tokens: list[Token] = field(default_factory=list)

    def head(self) -> Token | None:
        """Return what the run is about: its last garment or part, else place, else material."""
        for kinds in (("garment", "part"), ("place",), ("material",)):
            for token in reversed(self.tokens):
                if token.kind in kinds and not token.of:
                    return token
        return None

    def qualifiers(self) -> list[Token]:
        """Return the rest of the run."""
        head = self.head()
        return [token for token in self.tokens if token is not head]


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts of a text, those that it denies, and its bonds."""

    facts: frozenset[str]
    kinds: dict[str, Kind | str]
    denied: frozenset[str]
    bonds: frozenset[frozenset[str]]
    runs: tuple[tuple[Run, ...], ...]


def bond(first: str, second: str) -> frozenset[str]:
    """Return the unordered pair of two concepts."""
    return frozenset({first, second})


def tokens_of(sentence: str, lexicon: Lexicon) -> list[Token]:
    """Return the tokens of one sentence, phrases as long as the lexicon has them."""
    pieces: list[str] = _PIECE.findall(sentence.lower().replace("’", "'"))
    tokens: list[Token] = []
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        if piece in {",", "/", "&"} or piece in {"and", "or"}:
            tokens.append(Token(piece, "," if piece == "," else "and"))
            position += 1
            continue
        if _NUMBER.fullmatch(piece):
            tokens.append(_number(piece))
            position += 1
            continue
        for size in range(min(lexicon.longest, len(pieces) - position), 0, -1):
            phrase = pieces[position : position + size]
            sense = lexicon.sense(phrase)
            if sense:
                tokens.append(Token(" ".join(phrase), sense.kind, sense.concept))
                position += size
                break
        else:
            tokens.append(Token(piece, "word"))
            position += 1
    return _settle(tokens, lexicon)


def _number(piece: str) -> Token:
    if piece.isdigit() and 2 <= int(piece) <= 10:
        return Token(piece, "quantity", _DIGITS[int(piece) - 2])
    return Token(piece, "quantity", piece)


def _settle(tokens: list[Token], lexicon: Lexicon) -> list[Token]:
    """Decide what depends on the neighbours: "the top", "long-sleeved", "wire-free"."""
    settled: list[Token] = []
    for token in tokens:
        before = settled[-1] if settled else None
        earlier = settled[-2] if len(settled) > 1 else None
        part = lexicon.part_adjectives.get(token.words)
        if (
            token.words == "top"
            and before
            and (
                before.words == "on"
                or (before.words == "the" and earlier and earlier.kind in {"placing", "making"})
            )
        ):
            settled.append(Token("top", "place", "upper edge"))
        elif part and before and before.kind in FACTS and not before.of:
            settled.append(Token(token.words, "attribute", part, of=before.concept))
            settled.remove(before)
        elif token.words in lexicon.free and before and before.kind in FACTS:
            settled.insert(len(settled) - 1, Token("free", "negation"))
        else:
            settled.append(token)
    return settled


def _runs(tokens: list[Token]) -> list[Run]:
    runs: list[Run] = []
    run = Run()
    gap = 0
    lead, determined, negated, adjacent = "", False, False, False

    def close() -> None:
        nonlocal run, lead, determined, negated, adjacent
        if run.tokens:
            runs.append(run)
            lead, determined, negated, adjacent = "", False, False, True
        run = Run()

    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.kind in FACTS:
            if not run.tokens:
                run = Run(lead, determined, negated, adjacent)
            run.tokens.append(token)
            gap = 0
        elif token.kind in {",", "and"}:
            if run.tokens and following and _goes_on(run.tokens[-1], following):
                continue
            close()
            lead = "and"
        elif token.kind == "word":
            if run.tokens and run.head() is None and gap == 0 and following is not None:
                gap = 1
                continue
            close()
            adjacent = False
        else:
            close()
            if token.kind == "determiner":
                determined = True
            elif token.kind == "negation":
                negated = True
            elif token.kind == "idiom":
                adjacent = False
            else:
                lead = str(token.kind)
    close()
    return runs


def _goes_on(last: Token, following: Token) -> bool:
    """Tell whether a comma or "and" lists adjectives of one noun: "wide, ribbed cuffs"."""
    if last.kind in {"attribute", "colour", "pattern", "quantity"}:
        return following.kind in FACTS
    return last.kind in {"material", "place"} and following.kind == last.kind


def sentences_of(text: str) -> list[str]:
    """Return the sentences and clauses of a text; a colon or bracket ends one too."""
    return [part for part in _SENTENCE.split(text) if part and part.strip()]


def read_claims(text: str) -> Reading:
    """Return what an introduction claims: each word bonded where it most plainly belongs."""
    return _read(text, generous=False)


def read_facts(text: str) -> Reading:
    """Return what an article's text may be taken to say: every plausible bond."""
    return _read(text, generous=True)


def _read(text: str, *, generous: bool) -> Reading:
    lexicon = load_lexicon()
    kinds: dict[str, Kind | str] = {}
    facts: set[str] = set()
    denied: set[str] = set()
    bonds: set[frozenset[str]] = set()
    read: list[tuple[Run, ...]] = []
    for sentence in sentences_of(text):
        runs = _runs(tokens_of(sentence, lexicon))
        if not generous:
            runs = [run for run in runs if _says_something(run, lexicon)]
        read.append(tuple(runs))
        for run in runs:
            for token in run.tokens:
                kinds.setdefault(token.concept, token.kind)
                (denied if run.negated else facts).add(token.concept)
                if token.of:
                    (denied if run.negated else facts).add(token.of)
        kept = [run for run in runs if not run.negated]
        bonds.update(_generous_bonds(kept) if generous else _plain_bonds(kept))
    return Reading(frozenset(facts), kinds, frozenset(denied), frozenset(bonds), tuple(read))


def _says_something(run: Run, lexicon: Lexicon) -> bool:
    if len(run.tokens) > 1 or run.lead == "copula":
        return True
    token = run.tokens[0]
    return bool(token.of) or token.concept not in lexicon.everyday


def _inner(run: Run) -> Iterator[frozenset[str]]:
    for token in run.tokens:
        if token.of:
            yield bond(token.concept, token.of)


def _plain_bonds(runs: list[Run]) -> Iterator[frozenset[str]]:
    for index, run in enumerate(runs):
        yield from _inner(run)
        before = runs[index - 1] if index else None
        after = runs[index + 1] if index + 1 < len(runs) else None
        head = run.head()
        if head is None:
            yield from _bonds_of_adjectives(run, before, after)
        elif head.kind in {"part", "place"}:
            for token in run.qualifiers():
                if not (head.kind == "place" and token.kind == "place"):
                    yield bond(token.concept, head.concept)
        else:
            target = BODY
            if run.lead == "making" and run.adjacent and before and before.head():
                told = before.head()
                if told and told.kind == "part":
                    target = told.concept
            for token in run.tokens:
                if token.kind in {"attribute", "material", "pattern"} and not token.of:
                    yield bond(token.concept, target)
        if _places(run):
            target_run = before or after
            if target_run is not None:
                yield from _placed(target_run, run)
        elif before is not None and run.lead == "and" and not run.determined:
            first = _first_of_list(runs, index)
            if first is not None and len(run.tokens) == 1 and head and head.kind != "garment":
                yield from _placed(first, run)


def _places(run: Run) -> bool:
    head = run.head()
    return run.lead == "placing" and head is not None and head.kind in {"part", "place"}


def _first_of_list(runs: list[Run], index: int) -> Run | None:
    """Return what a list of places is about: "ribbing at the neckline, cuffs and HEM"."""
    position = index
    while position > 0 and runs[position].lead == "and" and not runs[position].determined:
        position -= 1
    return runs[position - 1] if position > 0 and _places(runs[position]) else None


def _placed(thing: Run, place: Run) -> Iterator[frozenset[str]]:
    head = thing.head()
    told = [head] if head else thing.tokens
    where = [token for token in place.tokens if token.kind == "place"] or [place.head()]
    for token in told:
        if token.kind in {"garment", "material", "colour"}:
            continue
        for spot in where:
            if spot is not None and spot.concept != token.concept:
                yield bond(token.concept, spot.concept)


def _bonds_of_adjectives(
    run: Run, before: Run | None, after: Run | None
) -> Iterator[frozenset[str]]:
    told = before.head() if run.lead == "copula" and before else None
    if told is None and after is not None and after.lead in {"placing", "making"}:
        head = after.head()
        if head is not None and head.kind in {"part", "place"}:
            told = head
    target = told.concept if told is not None and told.kind in {"part", "place"} else BODY
    for token in run.tokens:
        if token.kind in {"attribute", "pattern"} and token.concept != target and not token.of:
            yield bond(token.concept, target)


def _generous_bonds(runs: list[Run]) -> Iterator[frozenset[str]]:
    listed: list[Run] = []
    for index, run in enumerate(runs):
        yield from _inner(run)
        before = runs[index - 1] if index else None
        head = run.head()
        told = {token.concept for token in run.tokens}
        yield from (bond(a, b) for a in told for b in told if a != b)
        part_before = before.head() if before else None
        of_part = (
            run.lead in {"making", "having"}
            and part_before is not None
            and part_before.kind == "part"
        )
        if head is None or head.kind in {"garment", "material"}:
            if not (of_part and run.lead == "making"):
                yield from (bond(concept, BODY) for concept in told)
        if before is not None and (of_part or run.lead in {"copula", "placing", "making", ""}):
            yield from _all_pairs(before, run)
        if before is not None and run.lead == "and" and not run.determined:
            yield from _inherited(before, run)
        first = _first_of_list(runs, index)
        if _places(run):
            for earlier in listed or ([before] if before else []):
                yield from _all_pairs(earlier, run)
            listed = []
        elif first is not None:
            yield from _all_pairs(first, run)
        if not _places(run):
            listed.append(run)


def _all_pairs(first: Run, second: Run) -> Iterator[frozenset[str]]:
    for a in first.tokens:
        for b in second.tokens:
            if a.concept != b.concept:
                yield bond(a.concept, b.concept)


def _inherited(before: Run, run: Run) -> Iterator[frozenset[str]]:
    """Share adjectives along a list: "mesh linings and insoles"."""
    head = run.head()
    if head is not None and len(run.tokens) == 1:
        yield from (
            bond(token.concept, head.concept)
            for token in before.qualifiers()
            if token.concept != head.concept
        )
