"""What the parts of a garment do: a zip closes a parka, a hood does not."""

import re
from collections.abc import Iterator

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, forms_of, singulars
from pipeline.writing.tokens import Token, sentences_of
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth.runs import runs_of

_ACTS = re.compile(
    r"\b(?P<verb>closes?|fastens?|seals?|holds?) (?:this|these)\b"
    r"|\b(?P<hang>hangs?) (?:on|over|at|down|from|off|around)\b"
    r"|\b(?P<cover>covers?) (?:this|these|the)\b",
    re.IGNORECASE,
)
_COMES_WITH = re.compile(r"\bcomes? with (?:this|these)\b", re.IGNORECASE)
_NEGATED = re.compile(r"\b(?:do not|does not|don't|doesn't|cannot|can't|won't) (\w+)")
_DOING = frozenset({"part", "measure"})
_LED = frozenset({"making", "having", "placing"})


def strange_actions(
    text: str, article: Article, request: str, lexicon: Lexicon
) -> Iterator[Problem]:
    """Yield what parts do that such parts do not do, unless the article says so."""
    own = forms_of(article.description)
    for sentence in sentences_of(text):
        for found in _ACTS.finditer(sentence):
            kind = found.lastgroup or ""
            if not own & forms_of(found.group(kind)):
                yield from _undoable(sentence[: found.start()], kind, found.group(kind), lexicon)
        yield from _with_itself(sentence, lexicon)
    known = own | forms_of(request)
    for found in _NEGATED.finditer(text.replace("\u2019", "'")):
        if not forms_of(found.group(1)) & known:
            yield Problem("denied", found.group())


def _with_itself(sentence: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield the pieces of a set that come with it: "a top and briefs come with this bikini"."""
    found = _COMES_WITH.search(sentence)
    for run in runs_of(sentence[: found.start()], lexicon) if found else ():
        head = run.head()
        if head is not None and head.kind == "garment" and run.lead not in _LED:
            yield Problem("garbled", f"{head.words} come with this")


def _undoable(subject: str, kind: str, verb: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield each subject that cannot do what the verb says."""
    clause = re.split(r", (?!\w+ed\b)(?:which|and|while|so) ", subject)[-1]
    for run in runs_of(clause, lexicon):
        if run.lead in _LED or run.places():
            continue
        doer = run.head() or run.tokens[-1]
        if kind == "cover":
            one = run.determined in {"a", "an", "the"}
            able = not (one and doer.words.split()[-1] in lexicon.single_patterns)
        else:
            able = doer.kind not in _DOING or _is_able(doer, kind, lexicon)
        if not able:
            yield Problem("invented", f"{doer.words} {verb}")


def _is_able(doer: Token, kind: str, lexicon: Lexicon) -> bool:
    able = lexicon.hanging if kind == "hang" else lexicon.fastening
    concepts = lexicon.implied.get(doer.concept, frozenset({doer.concept}))
    last = doer.words.split()[-1]
    return bool(able & {*concepts, last, *singulars(last)})
