"""Is a draft English? The faults that small models make, each found by its own rule."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pipeline.article import Article
from pipeline.writing.facts import is_plural
from pipeline.writing.lexicon import Lexicon, load_lexicon, singulars, uninflected, words_of
from pipeline.writing.tokens import Token, sentences_of, tokens_of
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth.runs import Run, runs_of

_PHRASE = 3
_PATTERNS = frozenset({"pattern", "print", "stripe", "check"})
# "have rings are decorated", "have worn by", "a elasticated waist", "a 8 cm heel".
_TANGLED = re.compile(
    r"\b(?:has|have)\b(?:(?!\b(?:that|which|who|where|and|so|while|as)\b)[^,.;:])*"
    r"\b(?:is|are|has|have)\b"
    r"|\b(?:has|have) (?:worn|made|been|being)\b",
    re.IGNORECASE,
)
_WRONG_ARTICLE = re.compile(
    r"\b[Aa] (?!uni|use|usu|eu|one|U)(?:[aeiou]|8|11 |18 )\w*|\b[Aa]n (?![aeiouhA-Z8]|11|18)\w+"
)
# "A width of 4 cm, this belt has ...": nothing joins the two.
_UNJOINED = re.compile(r"(An? (?!bit|little)[^.;:]*?), (?:this|these)\b")
_A = frozenset({"a", "an"})
_POINTING = frozenset({"this", "these"})
_HAVING = frozenset({"has", "have", "offers", "features", "boasts"})
_BEFORE_NOUN = frozenset({"attribute", "material", "pattern", "colour", "part", "place"})
_OF_ONE = frozenset({"has", "is", "comes", "looks", "feels", "stays"})
_OF_MANY = frozenset({"have", "are", "come", "look", "feel", "stay"})
_NO_NOUNS = frozenset(
    {"", "for", "to", "of", "as", "so", "that", "which", "when", "while", "ready"}
)
# "has two loops and ready for work", "a stud and at the top".
_LOOSE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:has|have)\b[^,;:.]*\band \w+ed\.$",
        r"\b(?:is|are|has|have) (?:can|will|may|must)\b",
        r"\bsuits for\b",
        r"\bmakes? (?:this|these)\b.*, ready for\b",
        r"\blooks? like\b",
        r"\b(?:has|have)\b[^,;:.]*\band (?:ready|easy|gentle|suitable|perfect|ideal|able|good)\b",
        r"\b(?:has|have)\b[^,;:.]*\band (?:at|on|in|of|for|with|from|around|down|along) \w+",
        r"\b(?:is|are)\b(?:(?!\b(?:that|which|who|where|and|so|while|as)\b)[^,.;:])*\b(?:is|are|has|have)\b",
    )
)


def grammar_problems(text: str, article: Article, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield "a ribbed trims", "these boots has" and "This top in soft jersey with a collar."."""
    words, description = words_of(text), " ".join(words_of(article.description))
    for index in (index for index, word in enumerate(words) if word in _A):
        phrase = _plural_behind(words[index:])
        if phrase and phrase not in description:
            yield Problem("garbled", phrase)
    yield from _nounless(text)
    tangled = _TANGLED.search(text) or _WRONG_ARTICLE.search(text)
    if tangled:
        yield Problem("garbled", tangled.group())
    unjoined = _UNJOINED.match(text)
    if unjoined and not _has_verb(unjoined.group(1)):
        yield Problem("garbled", unjoined.group())
    if not _has_verb(text):
        yield Problem("unfinished", " ".join(words[-_PHRASE:]))
    yield from _of_fabric(text, description, lexicon)
    loose = next(filter(None, (pattern.search(text) for pattern in _LOOSE)), None)
    if loose:
        yield Problem("garbled", loose.group())
    if "into" in words and not {form for word in words for form in (word, *uninflected(word))} & (
        load_lexicon().into
    ):
        yield Problem("garbled", "into")
    for sentence in sentences_of(text):
        runs = runs_of(sentence, lexicon)
        yield from _disagreeing(runs)
        yield from _dangling(runs)


def _of_fabric(text: str, description: str, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield "a jersey pattern" and "are polished metal": what a fabric neither has nor is."""
    for sentence in sentences_of(text):
        tokens = tokens_of(sentence, lexicon)
        for fabric, noun in pairwise(tokens):
            said = f"{fabric.words} {noun.words}"
            named = noun.kind == "pattern" and noun.words in _PATTERNS
            if fabric.kind == "material" and named and said not in description:
                yield Problem("garbled", said)
        for run in runs_of(sentence, lexicon):
            head = run.head()
            of_fabric = head is not None and head.kind == "material" and head is run.tokens[-1]
            named = head is not None and head.concept not in lexicon.plain_materials
            if run.lead_word in {"is", "are"} and of_fabric and named and not run.gap:
                yield Problem("garbled", f"{run.lead_word} {run.tokens[-1].words}")


def _disagreeing(runs: Sequence[Run]) -> Iterator[Problem]:
    """Yield "this joggers" and "these boots has"."""
    for index, run in enumerate(runs):
        head = run.head()
        if not run.pointed or run.gap or head is None or head.kind != "garment":
            continue
        plural = is_plural(head.words) or any(token.kind == "quantity" for token in run.tokens)
        if plural != (run.pointed == "these"):
            yield Problem("garbled", f"{run.pointed} {head.words}")
        verb = next((after for after in runs[index + 1 :] if after.lead != "making"), None)
        of_it = index == 0 or run.comma
        if verb is None or verb.gap or not of_it or runs[index - 1 : index] == [verb]:
            continue
        if verb.lead_word in (_OF_ONE if plural else _OF_MANY):
            yield Problem("garbled", f"{head.words} {verb.lead_word}")


def _is_left_fabric(run: Run, before: Run) -> bool:
    """Tell whether a fabric hangs at the end: "has a zip, WATERPROOF FABRIC"."""
    head, other = run.head(), before.head()
    left = head is not None and head.kind == "material" and head is run.tokens[-1]
    listed = before.lead == "making" or (other is not None and other.kind == "material")
    return left and not listed and run.lead == "and" and not run.gap


def _stands_alone(token: Token, lexicon: Lexicon) -> bool:
    """Tell whether an adjective is a noun too: "a print", "a relaxed fit", but not "a printed"."""
    named = token.concept in lexicon.uncountable and not token.words.endswith("ed")
    return named or token.words.split()[-1] in lexicon.telling


def _is_owned(runs: Sequence[Run]) -> bool:
    """Tell whether a list of what a garment has goes before: "has a clasp and LINKED"."""
    for run in reversed(runs):
        if run.lead != "and":
            return run.lead == "having" and run.lead_word in _HAVING
    return False


def _dangling(runs: Sequence[Run]) -> Iterator[Problem]:
    """Yield "a plain." and "is a fast-drying for you", which lack their noun."""
    for index, run in enumerate(runs):
        if index and index == len(runs) - 1 and run.comma and _is_left_fabric(run, runs[index - 1]):
            yield Problem("garbled", " ".join(token.words for token in run.tokens))
        bare = run.head() is None and run.next_word in _NO_NOUNS and not run.negated
        if not bare or not all(token.kind == "attribute" for token in run.tokens):
            continue
        after = runs[index + 1] if index + 1 < len(runs) else None
        led_on = after is not None and after.lead == "and" and not after.determined
        led_on = led_on and not run.next_word
        listed = run.lead == "and" and not run.comma and _is_owned(runs[:index])
        said = " ".join(token.words for token in run.tokens)
        if (
            run.determined in _A
            and not led_on
            and not _stands_alone(run.tokens[-1], load_lexicon())
        ):
            yield Problem("garbled", f"a {said}")
        elif listed and not run.determined and not led_on:
            yield Problem("garbled", f"and {said}")
        elif after is None and run.comma and len(run.tokens) == 1 and not run.next_word:
            yield Problem("garbled", said)


def _nounless(text: str) -> Iterator[Problem]:
    """Yield "has zip", "has a soft and warm around the neck", "has a smocking"."""
    lexicon = load_lexicon()
    runs = [run for sentence in sentences_of(text) for run in runs_of(sentence, lexicon)]
    having = False
    for run, after in zip(runs, [*runs[1:], None], strict=False):
        head = run.head()
        if head is not None and head.kind == "material" and head is run.tokens[-1]:
            # One is made of a fabric; one does not have "a soft jersey" among one's parts.
            listed = having and run.lead == "and" and run.determined
            owned = not run.gap and not run.next_word and head.concept not in lexicon.everyday
            if owned and (run.lead_word in _HAVING or listed):
                yield Problem("garbled", " ".join(token.words for token in run.tokens))
        having = run.lead_word in _HAVING or (having and run.lead == "and")
        if run.lead_word not in _HAVING or run.gap > 1:
            continue
        said = " ".join(token.words for token in run.tokens)
        if head is None and not run.gap:
            noun = run.tokens[-1].kind == "pattern" or run.tokens[-1].concept in lexicon.uncountable
            placed = after is not None and after.places() and not after.gap and not run.next_word
            measured = all(token.kind == "measure" for token in run.tokens)
            if (placed and not noun) or measured:
                yield Problem("garbled", said)
        elif head is not None and head.kind == "part" and head is run.tokens[-1]:
            single = not singulars(head.words.split()[-1])
            counted = run.determined or any(t.kind == "quantity" for t in run.tokens)
            if single and not counted and head.concept not in lexicon.uncountable:
                yield Problem("garbled", said)
            elif run.determined and head.words.split()[-1] in lexicon.never_counted:
                yield Problem("garbled", f"a {said}")


def _plural_behind(words: Sequence[str]) -> str:
    """Return "a ribbed trims" if the noun right behind the "a" is a plural, else ""."""
    lexicon = load_lexicon()
    for end in range(1, min(len(words), _PHRASE + 1)):
        sense = lexicon.sense([words[end]])
        following = lexicon.sense([words[end + 1]]) if end + 1 < len(words) else None
        named = lexicon.sense(list(words[end : end + 2]))
        if named is not None and named.kind == "part" and singulars(words[end : end + 2][-1]):
            return " ".join(words[: end + 2])
        if sense is not None and sense.kind == "garment" and is_plural(words[end]):
            return " ".join(words[: end + 1])
        if sense is None and lexicon.is_plain(words[end]) and end == 1:
            continue
        if sense is None or sense.kind not in _BEFORE_NOUN:
            return ""
        stands_last = following is None or following.kind not in _BEFORE_NOUN
        if sense.kind == "part" and stands_last and singulars(words[end]):
            return " ".join(words[: end + 1])
    return ""


def _is_finite(word: str, lexicon: Lexicon) -> bool:
    forms = [] if word.endswith(lexicon.unfinite) else uninflected(word)
    return word in lexicon.finite or any(form in lexicon.finite for form in forms)


def _has_verb(text: str) -> bool:
    """Tell whether a sentence has a verb; a participle or a noun in s alone makes none."""
    lexicon = load_lexicon()
    tokens = [token for sentence in sentences_of(text) for token in tokens_of(sentence, lexicon)]
    return any(
        token.kind in {"copula", "verb"}
        or token.words in _HAVING
        or (
            token.kind in {"word", "idiom", "attribute"}
            and any(_is_finite(word, lexicon) for word in token.words.split())
        )
        for token in tokens
    )
