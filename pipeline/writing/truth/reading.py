"""A shallow reading of fashion English: which facts a text states, and of which part.

"Black jumper with long sleeves and ribbing at the cuffs" states the facts black, jumper, long,
sleeve, ribbing and cuff, and the bonds long/sleeve and ribbing/cuff. A bond is unordered, so that
"ribbed cuffs" and "ribbing at the cuffs" are the same; what is said of the whole garment is bonded
to BODY.

A text is read twice as strictly when it claims as when it is believed: `read_claims` bonds each
word where it most plainly belongs, `read_facts` wherever it may belong.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.writing.lexicon import Lexicon
from pipeline.writing.tokens import sentences_of
from pipeline.writing.truth.beliefs import believed
from pipeline.writing.truth.bonds import Bond
from pipeline.writing.truth.claims import claimed, says_something
from pipeline.writing.truth.runs import Run, runs_of


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

    runs: tuple[Run, ...] = ()


def read_claims(text: str, lexicon: Lexicon) -> Reading:
    """Return what an introduction claims: each word bonded where it most plainly belongs."""
    sentences = [runs_of(sentence, lexicon) for sentence in sentences_of(text)]
    for run in (run for runs in sentences for run in runs):
        run.silent = not says_something(run, lexicon)
    return _reading(sentences, [claim for runs in sentences for claim in claimed(runs)])


def read_facts(text: str, lexicon: Lexicon) -> Reading:
    """Return what an article's text may be taken to say: every plausible bond."""
    sentences = [runs_of(sentence, lexicon) for sentence in sentences_of(text)]
    bonds = {pair for runs in sentences for pair in believed(runs)}
    return _reading(sentences, [frozenset({pair}) for pair in bonds])


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
        frozenset(facts),
        kinds,
        frozenset(denied),
        frozenset(bonds),
        frozenset(pointed_at),
        tuple(run for runs in sentences for run in runs),
    )
