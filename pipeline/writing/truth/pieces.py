"""The pieces of a set: a bikini's top has ties, its briefs have frills, and not the other way."""

from collections.abc import Iterator

from pipeline.writing.lexicon import Lexicon
from pipeline.writing.tokens import sentences_of
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth.runs import runs_of

_MOVING = frozenset({"of", "on"})
_BARE = frozenset({"garment", "colour", "quantity", "measure"})


def exchanged(
    text: str, description: str, whole: frozenset[str], lexicon: Lexicon
) -> Iterator[Problem]:
    """Yield what a text says of one piece and the article of another; `whole` names the set."""
    said = _Pieces(description, whole, lexicon)
    if len(said.pieces) < 2:  # noqa: PLR2004 - a set has two
        return
    for piece, fact in sorted(_Pieces(text, whole, lexicon).told):
        if piece not in said.pieces or (piece, fact) in said.told or fact in said.of_all:
            continue
        if any((other, fact) in said.told for other in said.pieces):
            yield Problem("misplaced", f"{fact} / {piece}")


class _Pieces:
    """What a text tells of each piece, and what of none or of all."""

    def __init__(self, text: str, whole: frozenset[str], lexicon: Lexicon) -> None:
        self.pieces: set[str] = set()
        self.told: set[tuple[str, str]] = set()
        self.of_all: set[str] = set()
        for sentence in sentences_of(text):
            self._read(sentence, whole, lexicon)

    def _read(self, sentence: str, whole: frozenset[str], lexicon: Lexicon) -> None:
        piece = ""
        waiting: set[str] = set()
        for run in runs_of(sentence, lexicon):
            head = run.head()
            facts = {
                concept
                for token in run.tokens
                if token.kind not in _BARE
                for concept in (token.concept, token.of)
                if concept
            }
            if head is not None and head.kind == "garment" and not run.negated:
                if head.concept in whole:
                    piece = ""
                else:
                    self.pieces.add(head.concept)
                    if run.lead_word in _MOVING and not piece:
                        self.told |= {(head.concept, fact) for fact in waiting}
                        waiting = set()
                    piece = head.concept
            if piece:
                self.told |= {(piece, fact) for fact in facts}
            else:
                waiting |= facts
        self.of_all |= waiting
