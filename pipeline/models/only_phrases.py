"""Constrained decoding: an answer is one sentence of given phrases, part after part."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import LogitsProcessor

from pipeline.models.phrases import Phrases

_COMMA, _STOP = ",", "."


@dataclass(slots=True)
class _Node:
    """Where a row stands within a part, by tokens; `whole` where one of its forms ends."""

    next: dict[int, "_Node"] = field(default_factory=dict)
    whole: bool = False

    def grow(self, ids: Sequence[int]) -> None:
        at = self
        for token in ids:
            at = at.next.setdefault(token, _Node())
        at.whole = True


class _Row:
    """One answer as far as it is written."""

    def __init__(self, phrases: Phrases, tokens: dict[str, list[int]]) -> None:
        self._parts = [_tree(part, tokens) for part in phrases.parts]
        self._comma = phrases.comma
        # What was begun for it is whole.
        self._at = _Node(whole=True)
        self._ended = False

    def take(self, token: int, comma: int) -> None:
        """Go on with a token that was allowed."""
        if token in self._at.next:
            self._at = self._at.next[token]
        elif self._comma and token == comma:
            self._at = self._parts.pop(0) if self._parts else _Node(whole=True)
        elif self._parts and token in self._parts[0].next:
            self._at = self._parts.pop(0).next[token]
        else:
            self._ended = True
        self._comma = False

    def allowed(self, comma: int, stop: int, ends: list[int]) -> Iterator[int]:
        """Yield the tokens that may come next."""
        if self._ended:
            yield from ends
            return
        yield from self._at.next
        if self._at.whole:
            yield from self._parts[0].next if self._parts else (stop,)
            if self._comma:
                yield comma


def _tree(part: Iterable[str], tokens: dict[str, list[int]]) -> _Node:
    root = _Node()
    for form in part:
        # A tokenizer may have no tokens at all for a word.
        if tokens[form]:
            root.grow(tokens[form])
    return root


class OnlyPhrases(LogitsProcessor):
    """Leaves every row the tokens that go on with its phrases."""

    def __init__(
        self, tokenizer: Any, phrases: Sequence[Phrases], ends: Iterable[int], candidates: int
    ) -> None:
        self._comma, self._stop = (tokenizer.convert_tokens_to_ids(m) for m in (_COMMA, _STOP))
        self._ends = sorted(ends)
        said = sorted({form for one in phrases for part in one.parts for form in part})
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
