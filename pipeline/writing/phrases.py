"""The phrases that a bound writer makes its sentence of: an article's facts, ready to be joined."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.models.phrases import Phrases
from pipeline.writing.facts import ArticleFacts, with_article
from pipeline.writing.fallback import head_of, is_ordinary
from pipeline.writing.lexicon import load_lexicon
from pipeline.writing.sanitizing import as_data
from pipeline.writing.tokens import tokens_of

MAX_FACT_CHARACTERS = 120

_LONG_WINDED = re.compile(r" (?:and|at|on|in|around|down|along|over|across|with|of|for|to|that) ")
_OPENS_PHRASE = ("In ", "With ")
_OPENS_SENTENCE = re.compile(r"(?:Here|(?:.*, )?(?:Go for|Try|Choose)) ", re.IGNORECASE)


def told_of(facts: ArticleFacts, details: Sequence[str]) -> dict[str, Any]:
    """Return what a prompt tells of an article, as clean data."""
    return {
        "garment": as_data(facts.coloured, MAX_FACT_CHARACTERS),
        "fabric": as_data(facts.fabric, MAX_FACT_CHARACTERS),
        "does": as_data(facts.does, MAX_FACT_CHARACTERS),
        "details": [as_data(detail, MAX_FACT_CHARACTERS) for detail in details],
        "remarks": [as_data(remark, MAX_FACT_CHARACTERS) for remark in facts.remarks[:1]],
    }


def phrases_for(told: Mapping[str, Any], opening: str, *, plural: bool) -> Phrases:
    """Return what an introduction that begins with `opening` may be made of.

    It is what the prompt tells of the article, less what the opening says already: first the
    garment in its fabric, then what it has. An opening with a verb ("Choose this ...") needs no
    other; else something must be said with one.
    """
    begun = _says(opening, told["garment"])
    with_verb = _OPENS_SENTENCE.match(opening) is not None
    fabric = f"in {told['fabric']}" if told["fabric"] and not _says(opening, told["fabric"]) else ""
    unsaid = [detail for detail in told["details"] if not _says(opening, detail)]
    details = list(_lists(unsaid))
    # No "with" hangs on another one.
    flowing = list(_lists([one for one in unsaid if " with " not in one]))
    verbs = _verbs(plural=plural)
    if with_verb:
        main = [f"with {detail}" for detail in flowing]
    else:
        main = list(_clauses(told, details, verbs))
    if not (main or with_verb) and fabric:
        # The fabric stands behind the garment, unless nothing else brings a verb.
        main, fabric = [f"{verbs['come']} {fabric}"], ""
    elif begun and fabric and not with_verb:
        coming = [f"{verbs['come']} {fabric}, with {detail}" for detail in flowing]
        main, fabric = [*(f"{fabric} {clause}" for clause in main), *coming], ""
    garment = "" if begun else _garment(told["garment"], opening, plural=plural)
    head = " ".join(filter(None, [garment, fabric]))
    if with_verb and main and fabric:
        # It is not the fabric that is "with a collar".
        head = f"{head},"
    does = f"that {told['does']}"
    heads: tuple[str, ...] = (head, f"{head} {does}") if told["does"] and garment else (head,)
    parts = [heads] if head else []
    if main or not with_verb:
        # Where nothing has a verb, the sentence is never whole: another one is shown.
        parts.append(tuple(main))
    return Phrases(tuple(parts), comma=opening.startswith(_OPENS_PHRASE))


def _verbs(*, plural: bool) -> dict[str, str]:
    if plural:
        return {"have": "have", "come": "come", "be": "are", "consist of": "consist of"}
    return {"have": "has", "come": "comes", "be": "is", "consist of": "consists of"}


def _clauses(
    told: Mapping[str, Any], details: Sequence[str], verbs: Mapping[str, str]
) -> Iterator[str]:
    """Yield what may be said of a garment, each with its verb: "has long sleeves and is lined"."""
    remarks = [f"{verbs['be']} {remark}" for remark in told["remarks"]]
    for detail in details:
        yield f"{verbs['consist of' if _names_pieces(detail) else 'have']} {detail}"
        if " and " not in detail:
            yield from (f"{verbs['have']} {detail} and {remark}" for remark in remarks)
    if not details:
        yield from remarks
    if not (details or remarks or told["fabric"]) and told["does"]:
        yield told["does"]


def _names_pieces(detail: str) -> bool:
    """Tell whether a detail is what a set is made up of: "a top and bottoms in satin"."""
    pieces = [t for t in tokens_of(head_of(detail), load_lexicon()) if t.kind == "garment"]
    return len(pieces) > 1


def _lists(details: Sequence[str]) -> Iterator[str]:
    """Yield the details as lists: "long sleeves and a zip at the back", or one where two clash.

    What has a place or a joint of its own comes last, so that nothing else seems to be there too.
    """
    pairs: list[str] = []
    if len(details) > 1 and not any(" and " in detail for detail in details):
        first, second = details
        if not _LONG_WINDED.search(first):
            pairs.append(f"{first} and {second}")
        if not _LONG_WINDED.search(second):
            pairs.append(f"{second} and {first}")
    yield from pairs or [one for one in details if not is_ordinary(one)] or details


def _garment(garment: str, opening: str, *, plural: bool) -> str:
    if opening.startswith("Here "):
        return with_article(garment)
    return f"{'these' if plural else 'this'} {garment}"


def _says(opening: str, phrase: str) -> bool:
    return phrase.lower() in opening.lower()
