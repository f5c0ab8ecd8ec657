"""The phrases that a bound writer makes its sentence of: an article's facts, ready to be joined."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.models.phrases import Phrases
from pipeline.writing.facts import ArticleFacts, is_plural, with_article
from pipeline.writing.sanitizing import as_data

MAX_FACT_CHARACTERS = 120

_PLACED = re.compile(r" (?:at|on|in|down|around|along|over|across|with|of) ")
_OPENS_PHRASE = ("In ", "For ", "With ")
_OPENS_SENTENCE = ("Wear ", "Take ", "Try ", "Choose ", "Here ")
_NOTHING = "\0"
Thing = tuple[str, ...]


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

    It is what the prompt tells of the article, less what the opening says already. An opening that
    is a trim "finishes" the garment, and one with a verb ("Wear this ...") needs no other; else
    something must be said with one.
    """
    begun = _says(opening, told["garment"])
    with_verb = opening.startswith(_OPENS_SENTENCE)
    finishing = not (begun or with_verb or opening.startswith(_OPENS_PHRASE))
    details = _unsaid(told["details"], opening)
    fabric = f"in {told['fabric']}" if told["fabric"] and not _says(opening, told["fabric"]) else ""
    # The fabric stands behind the garment, unless nothing else brings a verb.
    beside = bool(details or told["remarks"] or told["does"]) or with_verb or finishing
    garment = _garment(told, opening, plural=plural, finishing=finishing)
    if fabric and beside and not begun:
        garment = f"{garment} {fabric}"
    things: list[Thing] = [] if begun else [(garment,)]
    if fabric and beside and begun:
        things.append((fabric,))
    if finishing:
        verbs = {garment}
    elif with_verb:
        things += [(f"with {' and '.join(details)}",)] if details else []
        verbs = set()
    else:
        has, comes, is_ = ("have", "come", "are") if plural else ("has", "comes", "is")
        clauses = [
            *(f"{is_} {remark}" for remark in told["remarks"]),
            *([f"{comes} {fabric}"] if fabric and not beside else []),
            *([told["does"]] if told["does"] and not (details or fabric) else []),
        ]
        things += [(f"{has} {detail}", f"and {detail}") for detail in details]
        things += [(clause, f"and {clause}") for clause in clauses]
        if told["does"] and told["does"] not in clauses:
            things.append((f"that {told['does']}",))
        # Where nothing has a verb, the sentence is never whole: another one is shown.
        verbs = {f"{has} {detail}" for detail in details} | set(clauses) or {_NOTHING}
    return Phrases(tuple(things), frozenset(verbs), first_next=not begun, comma=not finishing)


def _unsaid(details: Sequence[str], opening: str) -> list[str]:
    """Return the details that the opening leaves; of two of which one has an "and", the first."""
    unsaid = [detail for detail in details if not _says(opening, detail)]
    return unsaid[:1] if any(" and " in detail for detail in unsaid) else unsaid


def _garment(told: Mapping[str, Any], opening: str, *, plural: bool, finishing: bool) -> str:
    if opening.startswith("Here "):
        return str(told["garment"]) if plural else with_article(told["garment"])
    this = f"{'these' if plural else 'this'} {told['garment']}"
    return f"{_finish(opening, told['details'])} {this}" if finishing else this


def _finish(opening: str, details: Sequence[str]) -> str:
    said = sum(_says(opening, detail) for detail in details)
    head = _PLACED.split(opening, maxsplit=1)[0]
    return "finish" if said > 1 or " and " in head or is_plural(head) else "finishes"


def _says(opening: str, phrase: str) -> bool:
    return phrase.lower() in opening.lower()
