"""Tokens and typing errors."""

import pytest

from pipeline.understanding.tokens import Speller, tokenize
from tests.unit.understanding_catalogues import sample


@pytest.mark.parametrize(
    ("message", "texts"),
    [
        ("size 6-8y", ["size", "6", "to", "8", "y"]),
        ("£20-£30", ["£", "20", "to", "£", "30"]),
        ("up to 1,000 pounds", ["up", "to", "1000", "pounds"]),
        ("7/8 trousers", ["7/8", "trousers"]),
        ("shorts/skirts", ["shorts", "or", "skirts"]),
        ("a tee, or two", ["a", "tee", "or", "two"]),
    ],
)
def test_a_message_comes_apart_into_words(message: str, texts: list[str]) -> None:
    assert [token.text for token in tokenize(message)] == texts


def test_a_dash_between_spaces_is_a_stop_and_one_within_a_word_is_not() -> None:
    tokens = tokenize("shirts - no v-neck")
    assert [token.text for token in tokens] == ["shirts", "no", "v", "neck"]
    assert [bool(token.after) for token in tokens] == [True, False, False, False]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jaket", "jacket"),
        ("skrit", "skirt"),
        ("kakhi", "khaki"),
        ("lase", "lace"),
        ("trowsers", "trousers"),
        ("turqoise", "turquoise"),
        ("boats", "boats"),
        ("kilo", "kilo"),
        ("sat", "sat"),
    ],
)
def test_a_slip_is_forgiven_and_another_word_is_left_alone(typed: str, meant: str) -> None:
    targets = [
        "jacket",
        "skirt",
        "khaki",
        "lace",
        "trousers",
        "turquoise",
        "boots",
        "kilt",
        "satin",
    ]
    assert Speller(targets, {"boats"}).correct(typed) == meant


@pytest.mark.parametrize(
    "word", ["elephant", "happy", "detail", "better", "carol", "feet", "poppy", "cloud", "hired"]
)
def test_ordinary_words_are_not_taken_for_slips_on_a_small_catalogue(word: str) -> None:
    constraints = sample().understand(f"a dress {word}")
    assert [kind.name for kind in constraints.kinds] == ["dress"]
    assert word in constraints.search_text
