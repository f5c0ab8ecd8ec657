"""What of a message reaches understanding."""

import pytest

from bot.assistant.messages import (
    LONGEST,
    asks_for_more,
    asks_for_the_same,
    cleaned,
    is_foreign,
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("  a   red\n\ndress ", "a red dress"),
        ("<@U123ABC> a red dress", "a red dress"),
        ("<@!123> <#99> <@&5> a dress <!channel>", "a dress"),
        ("<!subteam^S12|@team> a dress", "a dress"),
        ("@everyone @here a dress", "a dress"),
        ("a dress <:fire:123456> :sparkles: <a:dance:42>", "a dress"),
        ("red\u200b dr\u200dess\u2060", "red dress"),
        ("\u202ea red dress\u202c", "a red dress"),
        ("```python\nprint('a')\n``` a dress", "a dress"),
        ("``` never closed a dress", ""),
        ("a `code` dress", "a dress"),
        ("like https://shop.example/x?y=1 but red", "like but red"),
        ("👗👠✨", ""),
        ("\u200b\u200b", ""),
        ("?!… ---", ""),
        ("", ""),
        ("size 12:30:45 dress", "size 12:30:45 dress"),
        ("👗 a dress", "👗 a dress"),
    ],
)
def test_only_the_words_of_a_message_are_read(written: str, read: str) -> None:
    assert cleaned(written) == (read, False)


def test_a_long_message_is_cut_between_two_words() -> None:
    text, cut = cleaned("warm sweater " * 400)
    assert cut
    assert LONGEST - 10 < len(text) <= LONGEST
    assert text.split()[-1] in {"warm", "sweater"}


def test_one_endless_word_is_cut_where_the_limit_is() -> None:
    assert cleaned("a" * 4_000) == ("a" * LONGEST, True)


def test_a_storm_of_mentions_leaves_nothing() -> None:
    assert cleaned("<@U1>" * 2_000) == ("", False)


@pytest.mark.parametrize("text", ["我想要一件红色连衣裙", "فستان أحمر", "красное платье 12"])
def test_other_alphabets_are_known_as_such(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize("text", ["a robe élégante", "dress 連衣裙", "12", ""])
def test_what_has_a_letter_of_ours_or_none_at_all_is_read(text: str) -> None:
    assert not is_foreign(text)


@pytest.mark.parametrize(
    "text", ["more", "More please!", "show me more", "some more", "show me more of them"]
)
def test_a_wish_for_more_is_recognised(text: str) -> None:
    assert asks_for_more(text)


@pytest.mark.parametrize(
    "text", ["more dresses", "no more", "something more colourful", "moreover"]
)
def test_a_wish_for_something_else_is_not_one_for_more(text: str) -> None:
    assert not asks_for_more(text)


@pytest.mark.parametrize(
    "text", ["again", "Show me those again!", "show me the same ones again please", "once more"]
)
def test_a_wish_for_the_same_is_recognised(text: str) -> None:
    assert asks_for_the_same(text)


@pytest.mark.parametrize(
    "text", ["the red dresses again", "only 3", "never show me that again", "against the cold", ""]
)
def test_other_wishes_are_not_for_the_same(text: str) -> None:
    assert not asks_for_the_same(text)
