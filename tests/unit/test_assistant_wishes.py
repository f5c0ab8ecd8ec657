"""The fields of a command, as firm wishes."""

import pytest

from bot.assistant.wishes import SLOTS, UnknownOptionError, firm, suggestions
from pipeline.article import Article
from pipeline.understanding import Condition, Understander, Vocabulary


def shelf() -> list[Article]:
    kinds = ("Dress", "Trousers", "Underwear Tights")
    colours = (("Dark Blue", "Blue"), ("Red", "Red"), ("Light Pink", "Pink"))
    lines = (("Ladieswear", "Ladieswear"), ("Menswear", "Menswear"))
    return [
        Article(
            id=f"{number}",
            product_code=f"{number}",
            name="Model",
            product_type=kinds[number % 3],
            colour=colours[number % 2][0],
            colour_family=colours[number % 2][1],
            index_name=lines[number % 2][0],
            index_group=lines[number % 2][1],
            section="Womens Everyday Collection" if number % 2 else "Mens Outwear",
            description="Soft weave.",
        )
        for number in range(30)
    ]


@pytest.fixture(scope="module")
def understander() -> Understander:
    return Understander(Vocabulary.learn(shelf()))


def values_of(conditions: tuple[Condition, ...], slot: str) -> set[tuple[str, tuple[str, ...]]]:
    return {test for c in conditions if c.slot == slot for tests in c.any_of for test in tests}


def test_every_field_is_among_what_must_hold(understander: Understander) -> None:
    options = {"type": "Dress", "colour": "dark blue", "section": "Ladieswear"}
    wanted = firm(understander, "something soft", options, None)
    assert wanted.outcome == "recommend"
    assert values_of(wanted.kinds, "kind") == {("product_type", ("Dress",))}
    assert values_of(wanted.required, "colour") == {("colour", ("Dark Blue",))}
    assert values_of(wanted.required, "line") == {
        ("index_group", ("Ladieswear",)),
        ("index_name", ("Ladieswear",)),
    }


def test_a_field_wins_over_the_words(understander: Understander) -> None:
    wanted = firm(understander, "red trousers", {"type": "Dress", "colour": "Dark Blue"}, None)
    assert values_of(wanted.kinds, "kind") == {("product_type", ("Dress",))}
    assert values_of(wanted.required, "colour") == {("colour", ("Dark Blue",))}


@pytest.mark.parametrize("slot", SLOTS)
def test_a_field_alone_is_a_wish(understander: Understander, slot: str) -> None:
    value = {"type": "Underwear Tights", "colour": "Red", "section": "Mens Outwear"}[slot]
    wanted = firm(understander, "", {slot: value}, None)
    assert wanted.outcome == "recommend"
    assert value in {
        own
        for c in (*wanted.kinds, *wanted.required)
        for tests in c.any_of
        for _, values in tests
        for own in values
    }


def test_a_greeting_beside_a_field_is_no_small_talk(understander: Understander) -> None:
    assert firm(understander, "hello", {"type": "Dress"}, None).outcome == "recommend"


def test_a_field_may_be_filled_in_in_words(understander: Understander) -> None:
    wanted = firm(understander, "", {"type": "pants", "colour": "navy", "section": "men"}, None)
    assert values_of(wanted.kinds, "kind") == {("product_type", ("Trousers",))}
    assert values_of(wanted.required, "colour") == {("colour", ("Dark Blue",))}
    assert any(c.slot == "audience" for c in wanted.required)


@pytest.mark.parametrize("slot", SLOTS)
def test_a_field_that_names_nothing_is_refused(understander: Understander, slot: str) -> None:
    with pytest.raises(UnknownOptionError) as raised:
        firm(understander, "a dress", {slot: "xyzzyplugh"}, None)
    assert raised.value.slot == slot


def test_a_misspelt_field_is_met_with_the_nearest_value(understander: Understander) -> None:
    with pytest.raises(UnknownOptionError) as raised:
        firm(understander, "", {"section": "Outwaer"}, None)
    assert raised.value.nearest == "Mens Outwear"


def test_suggestions_begin_with_what_was_typed(understander: Understander) -> None:
    vocabulary = understander.vocabulary
    assert suggestions(vocabulary, "type", "tro")[0] == "Trousers"
    assert suggestions(vocabulary, "type", "tig")[0] == "Underwear Tights"
    assert suggestions(vocabulary, "colour", "BLU")[:2] == ["Blue", "Dark Blue"]
    assert suggestions(vocabulary, "type", "drss")[0] == "Dress"


def test_without_a_letter_the_most_frequent_values_are_suggested() -> None:
    many = [
        Article(id=f"{i}", product_code=f"{i}", name="x", product_type=f"Kind {i:02}")
        for i in range(40)
    ]
    vocabulary = Vocabulary.learn([*many, *many[30:31]])
    found = suggestions(vocabulary, "type", "")
    assert len(found) == 25
    assert found[0] == "Kind 30"
    assert len(suggestions(vocabulary, "type", "kind")) == 25
