"""Runs of fact words, such as "wide, ribbed cuffs", and how each is led in."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.writing.lexicon import Lexicon
from pipeline.writing.tokens import FACTS, Token, tokens_of

MAX_GAP = 2
"""Plain words that may stand between a thing and its place: "a zip runs right down the front"."""


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
    determined: str = ""
    possessed: bool = False
    pointed: str = ""
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

    def is_named_place(self) -> bool:
        """Tell whether the head is a place that is a thing of its own: "A BACK in satin"."""
        head = self.head()
        return head is not None and head.kind == "place" and self.determined in {"a", "an"}

    def places(self) -> bool:
        """Tell whether the run says where something is: "at the wide cuffs", "in the sides"."""
        head = self.head()
        if head is None or head.kind not in {"part", "place"} or self.possessed or self.pointed:
            return False
        affected = bool(self.determined) and head.kind == "place" and 0 < self.gap <= MAX_GAP
        led_into = self.lead == "making" and (bool(self.determined) or head.kind == "place")
        return self.lead == "placing" or led_into or (not self.lead and affected)


def runs_of(sentence: str, lexicon: Lexicon) -> list[Run]:
    """Return the runs of fact words in one sentence."""
    return _RunReader(lexicon).read(tokens_of(sentence, lexicon))


def _is_place(following: Token | None, beyond: Token | None) -> bool:
    """Tell whether "for" leads to a part of the garment: "openings for THE FRONT legs"."""
    if following is None or beyond is None or following.words != "the":
        return False
    return beyond.kind in {"part", "place"}


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
            elif token.words == "for" and _is_place(following, beyond):
                self._lead_in(Token("for", "placing"))
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
        self._close("one" if token.words == "one" else "")
        run = self._run
        if token.kind == "determiner":
            run.determined = token.words
            run.possessed = token.words in self._lexicon.possessives
            run.pointed = token.words if token.words in {"this", "these"} else ""
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
            run.determined, run.possessed = "", False
