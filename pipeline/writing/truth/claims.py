"""What an introduction claims: each word bonded where it most plainly belongs."""

from collections.abc import Iterator, Sequence

from pipeline.writing.lexicon import Lexicon, load_lexicon
from pipeline.writing.tokens import Token
from pipeline.writing.truth.bonds import BODY, OF_THE_WHOLE, Bond, bond, first_of_list, within
from pipeline.writing.truth.runs import MAX_GAP, Run

_MAKING = frozenset({"make", "makes", "form", "forms"})
_LED = frozenset({"making", "having"})


def says_something(run: Run, lexicon: Lexicon) -> bool:
    """Tell a fact from everyday speech: "a long walk", "on your feet"."""
    token = run.tokens[0]
    if run.possessed and all(t.kind in {"part", "place", "attribute"} for t in run.tokens):
        return False
    if len(run.tokens) > 1 or run.lead in {"copula", "placing"} or token.of:
        return True
    if run.next_word in lexicon.telling or (token.kind == "material" and run.lead in _LED):
        return True
    return token.concept not in lexicon.everyday


def claimed(runs: Sequence[Run]) -> Iterator[frozenset[Bond]]:
    """Yield the claims of one sentence: of the bonds of each, one must hold."""
    told = [run for run in runs if not run.negated]
    for index, run in enumerate(told):
        before = told[index - 1] if index else None
        after = told[index + 1] if index + 1 < len(told) else None
        yield from (frozenset({pair}) for pair in _placed(told, index))
        if run.silent:
            continue
        yield from _of_placed_part(run, before)
        yield from (frozenset({pair}) for pair in within(run))
        head = run.head()
        if head is None:
            yield from _of_adjectives(run, before, after)
        elif head.kind == "garment":
            yield from (frozenset({bond(t.concept, BODY)}) for t in _told_of_whole(run))
        elif head.kind == "material":
            if run.next_word in _MAKING and after is not None and after.pointed:
                yield frozenset({bond(head.concept, BODY)})
            yield from _of_material(run, head, _owners(told, index))
        else:
            # "a fleece-lined hood" is a hood with a lining, and with fleece.
            yield from (
                frozenset({bond(token.of, head.concept)})
                for token in run.qualifiers()
                if token.of and head.kind == "part"
            )
            yield from (
                frozenset({bond(token.concept, head.concept)})
                for token in run.qualifiers()
                if token.kind != "measure" and (head.kind == "part" or token.kind != "place")
            )


def _of_placed_part(run: Run, before: Run | None) -> Iterator[frozenset[Bond]]:
    """Bond what a part of a certain place has to that place: "a BACK pocket with a FLAP"."""
    head = run.head()
    if head is None or before is None or run.lead != "having" or run.comma:
        return
    if before.is_about_part() and head.kind == "part":
        for token in before.qualifiers():
            if token.kind == "place":
                yield frozenset({bond(head.concept, token.concept)})


def _told_of_whole(run: Run) -> list[Token]:
    return [token for token in run.tokens if token.kind in OF_THE_WHOLE and not token.of]


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
    heads = [
        near.head()
        for near in nearest
        if near.is_about_part() or near.places() or near.is_named_place()
    ]
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
    first = first_of_list(runs, index, near=True)
    head = run.head()
    if head is not None and head.words in load_lexicon().verbs:
        return
    if index + 1 < len(runs) and runs[index + 1].places():
        return
    if first is not None and len(run.tokens) == 1 and head and head.kind in {"part", "place"}:
        yield from _spots(first, run)


def _spots(thing: Run, place: Run) -> Iterator[Bond]:
    head = thing.head()
    told = [head] if head else thing.tokens[-1:]
    where = [token for token in place.tokens if token.kind == "place"]
    where = where or [token for token in [place.head()] if token is not None]
    for token in told:
        if token.kind in {"garment", "material", "colour", "measure"}:
            continue
        yield from (bond(token.concept, spot.concept) for spot in where if spot != token)
