"""Constrained decoding: an answer is one sentence of given phrases, each of them said once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import LogitsProcessor

from pipeline.models.phrases import Phrases

_COMMA, _STOP = ",", "."
_BEGUN = " "


@dataclass(slots=True)
class _Node:
    """Where a row stands within a phrase, by tokens; `phrase` is the one that is whole here."""

    next: dict[int, "_Node"] = field(default_factory=dict)
    phrase: str = ""

    def grow(self, ids: Sequence[int], phrase: str) -> None:
        at = self
        for token in ids:
            at = at.next.setdefault(token, _Node())
        at.phrase = phrase


class _Row:
    """One answer as far as it is written."""

    def __init__(self, phrases: Phrases, tokens: dict[str, list[int]]) -> None:
        self._tokens = tokens
        # A tokenizer may have no tokens at all for a word.
        things = [tuple(form for form in thing if tokens[form]) for thing in phrases.things]
        self._left = [thing for thing in things if thing]
        self._verbs = phrases.verbs
        self._next = phrases.first_next
        self._comma = phrases.comma
        self._root = self._tree()
        # What was begun for it is whole.
        self._at = _Node(phrase=_BEGUN)
        self._ended = False

    def _tree(self) -> _Node:
        root = _Node()
        for form in _sayable(self._left[:1] if self._next else self._left, self._verbs):
            root.grow(self._tokens[form], form)
        return root

    def take(self, token: int, comma: int) -> None:
        """Go on with a token that was allowed."""
        if self._ended:
            return
        inner = self._at.next.get(token)
        if inner is None:
            self._tell(self._at.phrase)
            inner = self._root if token == comma else self._root.next.get(token)
        if inner is None:
            self._ended = True
        else:
            self._at = inner

    def _tell(self, phrase: str) -> None:
        self._next = self._next and phrase == _BEGUN
        if phrase in self._verbs:
            self._verbs = frozenset()
        self._left = [thing for thing in self._left if phrase not in thing]
        self._root = self._tree()

    def allowed(self, comma: int, stop: int, ends: list[int]) -> Iterator[int]:
        """Yield the tokens that may come next."""
        if self._ended:
            yield from ends
            return
        said = self._at.phrase
        yield from self._at.next
        if not said:
            return
        first = self._next and said == _BEGUN
        others = [thing for thing in self._left if said not in thing]
        verbs = frozenset() if said in self._verbs else self._verbs
        next_ = others[:1] if first else others
        yield from (self._tokens[form][0] for form in _sayable(next_, verbs))
        if self._comma and said == _BEGUN:
            yield comma
        if not (verbs or first):
            yield stop


def _sayable(things: Sequence[tuple[str, ...]], verbs: frozenset[str]) -> Iterator[str]:
    """Yield the forms that may come: none of them uses up the last verb while one is due."""
    verbal = [thing for thing in things if verbs.intersection(thing)]
    for thing in things:
        yield from (form for form in thing if form in verbs or verbal != [thing])


class OnlyPhrases(LogitsProcessor):
    """Leaves every row the tokens that go on with its phrases."""

    def __init__(
        self, tokenizer: Any, phrases: Sequence[Phrases], ends: Iterable[int], candidates: int
    ) -> None:
        self._comma, self._stop = (tokenizer.convert_tokens_to_ids(m) for m in (_COMMA, _STOP))
        self._ends = sorted(ends)
        said = sorted({form for one in phrases for thing in one.things for form in thing})
        # Tokenizers take no empty list.
        texts = [f" {form}" for form in said]
        ids = tokenizer(texts, add_special_tokens=False)["input_ids"] if texts else []
        tokens = dict(zip(said, ids, strict=True))
        self._rows = [_Row(one, tokens) for one in phrases for _ in range(candidates)]
        self._begun = False

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return the scores with all others at minus infinity."""
        allowed = torch.full_like(scores, float("-inf"))
        for row, (state, token) in enumerate(
            zip(self._rows, input_ids[:, -1].tolist(), strict=True)
        ):
            if self._begun:
                state.take(token, self._comma)
            tokens = [*state.allowed(self._comma, self._stop, self._ends)] or self._ends
            allowed[row, tokens] = scores[row, tokens]
        self._begun = True
        return allowed
