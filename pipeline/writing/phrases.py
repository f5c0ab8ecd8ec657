"""A shallow reading of fashion English: which facts a text states, and of which part.

"Black jumper with long sleeves and ribbing at the cuffs" states the facts black, jumper, long,
sleeve, ribbing and cuff, and the bonds long/sleeve and ribbing/cuff. A bond is unordered, so that
"ribbed cuffs" and "ribbing at the cuffs" are the same; what is said of the whole garment is bonded
to BODY.

A text is read twice as strictly when it claims as when it is believed: `read_claims` bonds each
word where it most plainly belongs, `read_facts` wherever it may belong.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pipeline.writing.lexicon import Lexicon, load_lexicon

BODY = "body"
QUALIFIERS = frozenset({"colour", "material", "pattern", "attribute", "quantity"})
FACTS = QUALIFIERS | {"garment", "part", "place", "measure"}
OF_THE_WHOLE = frozenset({"attribute", "material", "pattern"})

MAX_GAP = 2
"""Plain words that may stand between a thing and its place: "a zip runs right down the front"."""

Bond = frozenset[str]

_LED = frozenset({"making", "having"})

_ASIDE = re.compile(r"\s*\([^()]*\)")
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|[()\n]+|\s[-\u2013\u2014]\s")
_PIECE = re.compile(r"[^\W_]+(?:['.,x][^\W_]+)*|[,/&%]", re.UNICODE)
_NUMBER = re.compile(r"\d+(?:[.,x]\d+)*")
_DIGITS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_EDGES = {"top": "upper edge", "bottom": "lower edge"}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or phrase with its kind.

    Besides the kinds of the lexicon: "measure" is a number with its unit, "word" says nothing
    known, "," and "and" join. `of` is what qualifies the part in an adjective made of a part:
    "long" in "long-sleeved".
    """

    words: str
    kind: str
    concept: str = ""
    of: str = ""


@dataclass(slots=True)
class Run:
    """Fact words that stand together, such as "wide, ribbed cuffs", and how they are led in.

    `lead` is the kind of the word that leads in ("placing", "making", "having", "copula", "and" or
    "") and `lead_word` the word; `gap` how many plain words stand since the run before, `comma`
    whether a comma does. `pointed` tells of "this" and "these", which point at the article itself.
    A `silent` run is everyday speech that states nothing by itself; `next_word` is the unknown word
    right behind it, "" if there is none, which may be what its adjectives describe.
    """

    lead: str = ""
    lead_word: str = ""
    determined: bool = False
    possessed: bool = False
    pointed: bool = False
    negated: bool = False
    comma: bool = False
    gap: int = 0
    silent: bool = False
    next_word: str = ""
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

    def is_about_part(self) -> bool:
        """Tell whether the head is a part of a garment, not a garment, place or material."""
        head = self.head()
        return head is not None and head.kind == "part"

    def places(self) -> bool:
        """Tell whether the run says where something is: "at the wide cuffs", "in the sides"."""
        head = self.head()
        if head is None or head.kind not in {"part", "place"} or self.possessed or self.pointed:
            return False
        affected = self.determined and head.kind == "place" and 0 < self.gap <= MAX_GAP
        led_into = self.lead == "making" and (self.determined or head.kind == "place")
        return self.lead == "placing" or led_into or (not self.lead and affected)


@dataclass(frozen=True, slots=True)
class Reading:
    """The facts of a text with their kinds, those that it denies, and its bonds.

    Each claim of `bonds` is a set of alternatives, of which one must hold.
    """

    facts: frozenset[str]
    kinds: dict[str, str]
    denied: frozenset[str]
    bonds: frozenset[frozenset[Bond]]
    pointed_at: frozenset[str] = frozenset()
    """The garments called "this" or "these", which must be the article itself."""


def bond(first: str, second: str) -> Bond:
    """Return the unordered pair of two concepts."""
    return frozenset({first, second})


def sentences_of(text: str) -> list[str]:
    """Return the sentences and clauses of a text; a colon, bracket or dash ends one too."""
    whole = f"{_ASIDE.sub('', text)} . {' . '.join(_ASIDE.findall(text))}"
    return [part for part in _SENTENCE.split(whole) if part.strip(" .")]


def tokens_of(sentence: str, lexicon: Lexicon) -> list[Token]:
    """Return the tokens of one sentence, phrases as long as the lexicon has them."""
    pieces: list[str] = _PIECE.findall(sentence.lower().replace("\u2019", "'"))
    tokens: list[Token] = []
    position = 0
    while position < len(pieces):
        piece = pieces[position]
        if _NUMBER.fullmatch(piece):
            unit = position + 1 < len(pieces) and pieces[position + 1] in lexicon.units
            tokens.append(_number(piece, with_unit=unit))
            size = 1
        else:
            token, size = _longest(pieces, position, lexicon)
            tokens.append(token)
        position += size
    return _settled(tokens, lexicon)


def _number(piece: str, *, with_unit: bool) -> Token:
    if with_unit:
        return Token(piece, "measure", piece)
    if piece.isdigit() and 0 <= int(piece) - 2 < len(_DIGITS):
        return Token(piece, "quantity", _DIGITS[int(piece) - 2])
    return Token(piece, "quantity", piece)


def _longest(pieces: Sequence[str], position: int, lexicon: Lexicon) -> tuple[Token, int]:
    piece = pieces[position]
    if piece in {",", "/", "&", "and", "or"}:
        return Token(piece, "," if piece == "," else "and"), 1
    for size in range(min(lexicon.longest, len(pieces) - position), 0, -1):
        phrase = list(pieces[position : position + size])
        sense = lexicon.sense(phrase)
        if sense:
            return Token(" ".join(phrase), sense.kind, sense.concept), size
    return Token(piece, "word"), 1


def _settled(tokens: Iterable[Token], lexicon: Lexicon) -> list[Token]:
    """Decide what depends on the words before: "the top", "long-sleeved", "wire-free"."""
    settled: list[Token] = []
    for token in tokens:
        before = settled[-1] if settled else Token("", "word")
        earlier = settled[-2] if len(settled) > 1 else Token("", "word")
        part = lexicon.part_adjectives.get(token.words)
        at = before.words == "on" or (before.words == "the" and earlier.kind == "placing")
        if token.words in _EDGES and at:
            settled.append(Token(token.words, "place", _EDGES[token.words]))
        elif part and before.kind in FACTS and not before.of:
            settled[-1] = Token(f"{before.words} {token.words}", "attribute", part, before.concept)
        elif token.words in lexicon.free and before.kind in FACTS:
            settled.insert(-1, Token("free", "negation"))
        elif token.words in lexicon.verbs and (
            before.kind == "garment" or before.concept in lexicon.plain_materials
        ):
            settled.extend((Token("", "verb"), token))
        else:
            settled.append(token)
    return settled


class _RunReader:
    """Divides the tokens of a sentence into runs."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._runs: list[Run] = []
        self._run = Run()
        self._bridged = False

    def read(self, tokens: Sequence[Token]) -> list[Run]:
        """Return the runs of one sentence."""
        for index, token in enumerate(tokens):
            following, beyond = [*tokens[index + 1 : index + 3], None, None][:2]
            if token.kind in FACTS:
                if self._describes_what_precedes(token, following):
                    self._close()
                    self._run.lead = "copula"
                self._run.tokens.append(token)
                self._bridged = False
            elif token.kind in {",", "and"}:
                self._join(token, following, beyond)
            elif token.kind == "word":
                self._pass_over(token, following)
            else:
                self._lead_in(token)
        self._close()
        return self._runs

    def _close(self, next_word: str = "") -> None:
        if self._run.tokens:
            self._run.next_word = self._run.next_word if self._bridged else next_word
            self._runs.append(self._run)
            self._run = Run()
        self._bridged = False

    def _describes_what_precedes(self, token: Token, following: Token | None) -> bool:
        """Tell whether an adjective stands behind its noun: "soft jersey buttoned at the front"."""
        if token.kind != "attribute" or not self._run.tokens:
            return False
        noun = self._run.tokens[-1].kind in {"material", "garment", "part"}
        return noun and (following is None or following.kind not in FACTS)

    def _join(self, token: Token, following: Token | None, beyond: Token | None) -> None:
        going = self._run.tokens and following and not self._bridged
        if going and following and self._goes_on(self._run.tokens[-1], following):
            # "on the inside and front pockets" has two places, "front and back pockets" one.
            apart = following.kind == "place" and self._run.determined
            if not (apart and beyond is not None and beyond.kind in FACTS):
                return
        listed = self._run.negated and bool(self._run.tokens) and token.kind == "and"
        listed = listed and following is not None and following.kind != "attribute"
        self._close()
        comma = self._run.comma or token.kind == ","
        self._run = Run(lead="and", comma=comma, negated=listed)

    def _goes_on(self, last: Token, following: Token) -> bool:
        """Tell whether a comma or "and" lists adjectives of one noun: "wide, ribbed cuffs"."""
        if last.words.split()[-1] in self._lexicon.nouns or following.words in self._lexicon.verbs:
            return False
        if last.kind in {"attribute", "colour", "pattern", "quantity"}:
            return following.kind in FACTS or following.words.endswith("ly")
        return last.kind in {"material", "place"} and following.kind == last.kind

    def _pass_over(self, token: Token, following: Token | None) -> None:
        """Let one unknown word stand between adjectives and their noun: "long elegant sleeves"."""
        if self._run.tokens and self._run.head() is None and not self._bridged and following:
            self._bridged = True
            self._run.next_word = token.words
            return
        self._close(token.words)
        self._run.gap += MAX_GAP + 1 if token.words in self._lexicon.away else 1
        self._run.negated = self._run.negated and self._run.gap <= 1

    def _lead_in(self, token: Token) -> None:
        self._close()
        run = self._run
        if token.kind == "determiner":
            run.determined = True
            run.possessed = token.words in self._lexicon.possessives
            run.pointed = token.words in {"this", "these"}
            run.negated = run.negated and not run.pointed
        elif token.kind == "negation":
            run.negated = True
        elif token.kind == "idiom":
            run.gap += MAX_GAP + 1
        elif token.kind == "verb":
            run.lead = ""
        else:
            # "and rise on block heels" says where something else is than what stands before "and".
            run.comma = run.comma or (run.lead == "and" and run.gap > 0)
            run.lead, run.lead_word = token.kind, token.words
            run.negated = run.negated and token.kind != "placing"
            run.determined = run.possessed = False


def read_claims(text: str) -> Reading:
    """Return what an introduction claims: each word bonded where it most plainly belongs."""
    lexicon = load_lexicon()
    sentences = [runs_of(sentence, lexicon) for sentence in sentences_of(text)]
    for run in (run for runs in sentences for run in runs):
        run.silent = not _says_something(run, lexicon)
    return _reading(sentences, [claim for runs in sentences for claim in _claimed(runs)])


def read_facts(text: str) -> Reading:
    """Return what an article's text may be taken to say: every plausible bond."""
    lexicon = load_lexicon()
    sentences = [runs_of(sentence, lexicon) for sentence in sentences_of(text)]
    bonds = {pair for runs in sentences for pair in _believed(runs)}
    return _reading(sentences, [frozenset({pair}) for pair in bonds])


def runs_of(sentence: str, lexicon: Lexicon) -> list[Run]:
    """Return the runs of fact words in one sentence."""
    return _RunReader(lexicon).read(tokens_of(sentence, lexicon))


def _reading(sentences: list[list[Run]], bonds: Iterable[frozenset[Bond]]) -> Reading:
    kinds: dict[str, str] = {}
    facts: set[str] = set()
    denied: set[str] = set()
    pointed_at: set[str] = set()
    for run in (run for runs in sentences for run in runs):
        head = run.head()
        if run.pointed and head is not None and head.kind == "garment":
            pointed_at.add(head.concept)
        for token in run.tokens:
            if run.silent or (run.negated and head is not None and token is not head):
                continue
            for concept in filter(None, (token.concept, token.of)):
                kinds.setdefault(concept, token.kind)
                (denied if run.negated else facts).add(concept)
    return Reading(
        frozenset(facts), kinds, frozenset(denied), frozenset(bonds), frozenset(pointed_at)
    )


def _says_something(run: Run, lexicon: Lexicon) -> bool:
    """Tell a fact from everyday speech: "a long walk", "on your feet"."""
    token = run.tokens[0]
    if run.possessed and all(t.kind in {"part", "place"} for t in run.tokens):
        return False
    if len(run.tokens) > 1 or run.lead in {"copula", "placing"} or token.of:
        return True
    if run.next_word in lexicon.telling or (token.kind == "material" and run.lead in _LED):
        return True
    return token.concept not in lexicon.everyday


def _claimed(runs: Sequence[Run]) -> Iterator[frozenset[Bond]]:
    told = [run for run in runs if not run.negated]
    for index, run in enumerate(told):
        before = told[index - 1] if index else None
        after = told[index + 1] if index + 1 < len(told) else None
        yield from (frozenset({pair}) for pair in _placed(told, index))
        if run.silent:
            continue
        yield from (frozenset({pair}) for pair in _within(run))
        head = run.head()
        if head is None:
            yield from _of_adjectives(run, before, after)
        elif head.kind == "garment":
            yield from (frozenset({bond(t.concept, BODY)}) for t in _told_of_whole(run))
        elif head.kind == "material":
            yield from _of_material(run, head, _owners(told, index))
        else:
            yield from (
                frozenset({bond(token.concept, head.concept)})
                for token in run.qualifiers()
                if token.kind != "measure" and (head.kind == "part" or token.kind != "place")
            )


def _told_of_whole(run: Run) -> list[Token]:
    return [token for token in run.tokens if token.kind in OF_THE_WHOLE and not token.of]


def _within(run: Run) -> Iterator[Bond]:
    for token in run.tokens:
        if token.of and token.of != token.concept:
            yield bond(token.concept, token.of)


def _of_adjectives(run: Run, before: Run | None, after: Run | None) -> Iterator[frozenset[Bond]]:
    """Bond adjectives without a noun: "is long", "ribbed at the cuffs", "black and lined"."""
    subject = before.head() if run.lead == "copula" and before else None
    place = after.head() if after is not None and after.places() and after.gap == 0 else None
    whole = BODY if subject is None or subject.kind in {"garment", "material"} else subject.concept
    owner = before.head() if before and run.lead == "having" and before.is_about_part() else None
    told = _told_of_whole(run)
    if run.next_word and run.next_word not in load_lexicon().telling and run.lead != "copula":
        return
    for token in told:
        at_place = place is not None and token is told[-1]
        if token.concept != whole and not at_place:
            owned = {bond(token.concept, owner.concept)} if owner else set()
            yield frozenset({bond(token.concept, whole)} | owned)


def _of_material(run: Run, head: Token, owners: Sequence[str]) -> Iterator[frozenset[Bond]]:
    """Bond "soft cotton": to a part right before ("straps in soft cotton"), else to the whole."""
    led = run.lead == "making" and not run.determined
    targets = owners if led and owners else [BODY]
    for token in _told_of_whole(run):
        if led or run.lead == "copula":
            yield frozenset(bond(token.concept, target) for target in targets)
        elif token is not head:
            yield frozenset({bond(token.concept, BODY), bond(token.concept, head.concept)})


def _owners(runs: Sequence[Run], index: int) -> list[str]:
    """Return what a material may be told of: "BOW at the WAIST in satin", "STRAPS woven in jute".

    Right behind a part it is of that part; behind other words it may be of the whole as well.
    """
    run = runs[index]
    before = runs[index - 1] if index else None
    if before is None or run.comma:
        return []
    nearest = [before]
    if index > 1 and (before.places() or (before.head() is None and before.lead == "copula")):
        nearest.append(runs[index - 2])
    heads = [near.head() for near in nearest if near.is_about_part() or near.places()]
    owners = [head.concept for head in heads if head is not None]
    return [*owners, BODY] if run.gap or before.places() else owners


def _placed(runs: Sequence[Run], index: int) -> Iterator[Bond]:
    """Bond a thing to its place: "ribbing at the neckline, cuffs and hem", "at the back, a zip"."""
    run = runs[index]
    if run.places():
        fronted = index == 0 and len(runs) > 1 and run.gap == 0
        thing = runs[1] if fronted else runs[index - 1] if index else None
        near = thing is not None and (
            (fronted and runs[1].comma) or (not fronted and run.gap <= MAX_GAP and not run.comma)
        )
        if thing is not None and near and not thing.places():
            yield from _spots(thing, run)
        return
    first = _first_of_list(runs, index, near=True)
    head = run.head()
    if head is not None and head.words in load_lexicon().verbs:
        return
    if index + 1 < len(runs) and runs[index + 1].places():
        return
    if first is not None and len(run.tokens) == 1 and head and head.kind in {"part", "place"}:
        yield from _spots(first, run)


def _first_of_list(runs: Sequence[Run], index: int, *, near: bool = False) -> Run | None:
    """Return what a list of places is about: for the hem, ribbing, in the example above."""
    position = index
    while position > 0 and runs[position].lead == "and" and not runs[position].determined:
        if runs[position].gap or len(runs[position].tokens) > 1:
            return None
        position -= 1
    if near and (runs[position].comma or runs[position].gap > MAX_GAP):
        return None
    return runs[position - 1] if position > 0 and runs[position].places() else None


def _spots(thing: Run, place: Run) -> Iterator[Bond]:
    head = thing.head()
    told = [head] if head else thing.tokens[-1:]
    where = [token for token in place.tokens if token.kind == "place"]
    where = where or [token for token in [place.head()] if token is not None]
    for token in told:
        if token.kind in {"garment", "material", "colour", "measure"}:
            continue
        yield from (bond(token.concept, spot.concept) for spot in where if spot != token)


def _believed(runs: Sequence[Run]) -> Iterator[Bond]:
    told = [run for run in runs if not run.negated]
    listed: list[Run] = []
    placed: list[Run] = []
    owner: Run | None = None
    for index, run in enumerate(told):
        before = told[index - 1] if index else None
        concepts = [token.concept for token in run.tokens]
        yield from _within(run)
        yield from _pairs(concepts, concepts)
        if owner is not None and run.lead == "having":
            yield from _pairs(_concepts(owner)[-1:], concepts)
        if owner is not None and run.lead == "making":
            yield from _pairs(_concepts(owner), concepts)
        elif not run.is_about_part() and not run.places():
            yield from _pairs(concepts, [BODY])
        elif _is_told_of_garment(told, index):
            yield from _pairs(concepts[-1:], [BODY])
        if before is not None:
            yield from _linked(before, run)
        if run.places():
            placed = listed or placed
            for earlier in placed:
                yield from _pairs(_concepts(earlier), concepts)
            listed = []
            continue
        first = _first_of_list(told, index)
        if first is not None:
            yield from _pairs(_concepts(first), concepts)
        listed.append(run)
        if run.lead not in {"making", "having"} or owner is None:
            owner = run if run.is_about_part() else None


def _linked(before: Run, run: Run) -> Iterator[Bond]:
    """Bond neighbours: "sleeves with buttoned cuffs", "mesh linings and insoles"."""
    concepts = _concepts(run)
    if run.lead in {"copula", "placing", ""}:
        yield from _pairs(_concepts(before), concepts)
    if run.lead == "and" and not run.determined and len(run.tokens) == 1:
        yield from _pairs([token.concept for token in before.qualifiers()], concepts)


def _is_told_of_garment(runs: Sequence[Run], index: int) -> bool:
    """Tell whether a garment simply has the part, so that "frilled top" is a top with a frill.

    A part that has a place is not enough: ribbing at the cuffs does not make a ribbed jumper.
    """
    run = runs[index]
    placed = index + 1 < len(runs) and runs[index + 1].places()
    return not placed and run.lead in {"having", "and"}


def _concepts(run: Run) -> list[str]:
    return [token.concept for token in run.tokens]


def _pairs(first: Iterable[str], second: Iterable[str]) -> Iterator[Bond]:
    others = list(second)
    return (bond(a, b) for a in first for b in others if a != b)
