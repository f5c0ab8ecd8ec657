"""Outfits: which pieces go with one, in which colours, and why."""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import yaml

from pipeline.article import Article
from pipeline.recommendation import Recommendation
from pipeline.understanding import Condition, QueryConstraints, Vocabulary
from pipeline.understanding.catalogue_terms import Alternatives, CatalogueTerms
from pipeline.understanding.constraints import types_in
from pipeline.understanding.features import ADULTS, CHILDREN, tag
from pipeline.understanding.lexicon import lexicon

Meta = Mapping[str, Any]

_ADULT_WEARERS = ("women", "men")
_YOUNG_WEARERS = ("girls", "boys")
_AGES = ("baby", "kids", "teens")


@dataclass(frozen=True, slots=True)
class Role:
    """A part that an article plays in an outfit; `beside` are those that go with it."""

    name: str
    condition: Condition
    beside: tuple[str, ...]


class Outfitter:
    """Knows which articles of one catalogue go together."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._terms = CatalogueTerms(vocabulary, lexicon())
        table = _table()
        self._roles = {name: self._role(name, spec) for name, spec in table["roles"].items()}
        for name in table["worn_under"]:
            self._keep_to(name)
        self._main: list[str] = table["main"]
        self._styles: list[str] = table["styles"]
        self._apart: list[str] = table["apart"]
        self._neutral: list[str] = table["colours"]["neutral"]
        self._contrast: dict[str, list[str]] = table["colours"]["contrast"]
        self._hues = {
            hue: Condition("colour", hue, "", self._terms.hue(hue), "colour")
            for hue in lexicon().hues
            if self._terms.hue(hue)
        }

    def _role(self, name: str, spec: Mapping[str, Any]) -> Role:
        tests = dict.fromkeys(t for kind in spec["kinds"] for t in self._terms.kind(kind))
        condition = Condition("kind", name, spec["words"], tuple(tests))
        return Role(name, condition, tuple(spec["with"]))

    def _keep_to(self, name: str) -> None:
        """Take the product types of a role out of all others: no vest of underwear is a top."""
        plain = (tests for tests in self._roles[name].condition.any_of if len(tests) == 1)
        own = {kind for tests in plain for kind in types_in(tests)}
        for other, role in self._roles.items():
            if other != name:
                left = _less(role.condition.any_of, own)
                self._roles[other] = replace(role, condition=replace(role.condition, any_of=left))

    def role_of(self, meta: Meta) -> Role | None:
        """Return the part that an article plays, None if it is nothing to wear."""
        return next((r for r in self._roles.values() if r.condition.holds(meta)), None)

    # --- what to look for -----------------------------------------------------------------------

    def main(self, wish: QueryConstraints) -> QueryConstraints:
        """Return the wish for the piece that an outfit for this wish is built around.

        A wish that names pieces keeps its first one.
        """
        if wish.kinds and not wish.occasion:
            return replace(wish, kinds=wish.kinds[:1], each=False)
        if wish.kinds:
            for name in self._main:
                kinds = tuple(k for k in wish.kinds if self._plays(k, name))
                if kinds:
                    return replace(wish, kinds=kinds[:1], each=False)
            return replace(wish, kinds=wish.kinds[:1], each=False)
        roles = (self._roles[name].condition for name in self._main[1:])
        return replace(wish, kinds=tuple(c for c in roles if c.any_of), each=False)

    def around(
        self, main: Meta, wish: QueryConstraints, *, included: bool
    ) -> tuple[QueryConstraints, tuple[str, ...]]:
        """Return the wish for the pieces around the main one, and what the catalogue has none of.

        What the wish says of its kinds holds on for the pieces that are of these kinds; whom it is
        for, the price and the exclusions for all. With `included` the main piece is one of them.
        """
        role = self.role_of(main)
        kinds: list[Condition] = [_very(main)] if included else []
        missing = []
        for name in role.beside if role else ():
            condition = self._piece(name, wish)
            if condition.any_of:
                kinds.append(condition)
            else:
                missing.append(condition.words)
        whom = tuple(c for c in wish.required if c.slot == "audience")
        styles = [name for name in self._styles if name in main.get("features", ())]
        around = QueryConstraints(
            kinds=tuple(kinds),
            each=True,
            required=whom or self._wearer(main),
            preferred=(
                *(self._terms.feature(name, "") for name in styles[:1]),
                *self._harmony(main),
            ),
            excluded=(*wish.excluded, *self._unsuited(main)),
            price_from=wish.price_from,
            price_to=wish.price_to,
            currency=wish.currency,
            unavailable=wish.unavailable,
            message=wish.message or str(main["name"]),
        )
        return around, tuple(missing)

    def _piece(self, name: str, wish: QueryConstraints) -> Condition:
        """Return the condition of a part: the kinds of the wish that play it, or all."""
        role = self._roles[name].condition
        named = [kind for kind in wish.kinds if self._plays(kind, name)]
        if not named:
            return role
        return named[0] if not wish.occasion else replace(named[0], words=role.words)

    def _plays(self, kind: Condition, name: str) -> bool:
        types = kind.types
        return bool(types) and set(types) <= set(self._roles[name].condition.types)

    def _wearer(self, main: Meta) -> tuple[Condition, ...]:
        tags = set(main.get("features", ()))
        if CHILDREN in tags:
            ages = tuple(name for name in _AGES if name in tags) or (CHILDREN,)
            sexes = tuple(name for name in _YOUNG_WEARERS if name in tags)
            found = [
                ("ages", ages, "ages"),
                *([(sexes[0], sexes, "sex")] if len(sexes) == 1 else []),
            ]
        else:
            fits = [n for n in _ADULT_WEARERS if self._for(n).holds(main)]
            names = tuple(fits) if len(fits) == 1 else (ADULTS,)
            found = [(names[0], names, "audience")]
        return tuple(
            Condition("audience", name, names[0], tests, facet)
            for name, names, facet in found
            if (tests := self._terms.audience(name, names))
        )

    def _for(self, name: str) -> Condition:
        return Condition("audience", name, name, self._terms.audience(name, (name,)), "audience")

    def _harmony(self, main: Meta) -> tuple[Condition, ...]:
        """Return the preference for colours that go with that of the main piece."""
        hue = self._hue(main)
        if not hue:
            return ()
        fitting = dict.fromkeys([*self._neutral, hue, *self._contrast.get(hue, ())])
        tests = tuple(t for name in fitting if name in self._hues for t in self._hues[name].any_of)
        return (Condition("colour", "harmony", "", tests, "colour"),)

    def _unsuited(self, main: Meta) -> tuple[Condition, ...]:
        tags = main.get("features", ())
        known = self._terms.vocabulary
        return tuple(
            self._terms.feature(name, name)
            for name in self._apart
            if name not in tags and known.tagged(name)
        )

    def _hue(self, meta: Meta) -> str:
        return next((hue for hue, c in self._hues.items() if c.holds(meta)), "")

    # --- why ------------------------------------------------------------------------------------

    def told(
        self, answer: Recommendation, main: Meta, missing: Iterable[str] = ()
    ) -> Recommendation:
        """Return an answer to `around` with a reason for each piece, and what there is none of."""
        metas = [_meta(item.article) for item in answer.articles]
        asked = (k.words for k in answer.constraints.kinds if not any(map(k.holds, metas)))
        lacking = (f"I found no *{words}* to go with it." for words in (*asked, *missing))
        return replace(
            answer,
            articles=tuple(
                replace(item, reasons=(self._reason(meta, main), *item.reasons))
                for item, meta in zip(answer.articles, metas, strict=True)
            ),
            relaxations=(*answer.relaxations, *lacking),
        )

    def _reason(self, piece: Meta, main: Meta) -> str:
        if piece["article_id"] == main["article_id"]:
            return f"the *{_noun(main)}* that the rest goes with"
        return next(self._reasons(piece, main))

    def _reasons(self, piece: Meta, main: Meta) -> Iterator[str]:
        own, other = self._hue(piece), self._hue(main)
        beside = f"the {_noun(main)}"
        colour, around = _colour(piece, own), f"the {_colour(main, other)} {_noun(main)}".strip()
        if own and other:
            if colour == _colour(main, other):
                yield f"*{colour}* like {beside}"
            if own == other:
                yield f"its *{colour}* is a tone of {around}"
            if own in self._neutral:
                yield f"its *{colour}* is calm beside {around}"
            if own in self._contrast.get(other, ()):
                yield f"its *{colour}* sets off {around}"
        shared = [
            name
            for name in self._styles
            if name in piece.get("features", ()) and name in main.get("features", ())
        ]
        if shared:
            yield f"*{_style(shared[0])}* like {beside}"
        if piece.get("section") and piece["section"] == main.get("section"):
            yield f"from *{piece['section']}* like {beside}"
        yield f"*{_noun(piece)}* to go with {beside}"


def _less(any_of: Alternatives, types: AbstractSet[str]) -> Alternatives:
    """Return the alternatives without some product types."""
    left = []
    for tests in any_of:
        kept = tuple(
            (name, tuple(v for v in values if name != "product_type" or v not in types))
            for name, values in tests
        )
        if all(values for _, values in kept):
            left.append(kept)
    return tuple(left)


def _meta(article: Article) -> dict[str, Any]:
    return {**article.to_document().meta, "features": tag(article)}


def _very(main: Meta) -> Condition:
    """Return the condition that only the main piece meets, or another size of it."""
    tests = [("product_code", (main["product_code"],))]
    if main.get("colour"):
        tests.append(("colour", (main["colour"],)))
    kind = str(main["product_type"])
    return Condition("kind", kind, _noun(main), (tuple(tests),))


def _noun(meta: Meta) -> str:
    """Return what an article is called within a sentence."""
    said = str(meta["product_type"]).split("/")[0].strip()
    if said.lower() in ("", "unknown", "other"):
        return "piece"
    return said if "-" in said[:2] else said.lower()


def _colour(meta: Meta, hue: str) -> str:
    said = str(meta.get("colour") or "").lower()
    plain = said.replace("other ", "").replace("dark blue", "navy").split("/")[0].strip()
    return plain if plain and plain not in ("unknown", "undefined") else hue


def _style(name: str) -> str:
    return {"sport": "sporty", "party": "festive"}.get(name, name)


@cache
def _table() -> dict[str, Any]:
    path = resources.files("config") / "vocabulary" / "outfits.yaml"
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
