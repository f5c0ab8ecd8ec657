"""Text on its way to Slack and from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.limits import shortened, width
from bot.adapters.slack.text import asked, link, mrkdwn, pieces, plain, web_address
from tests.slack_server.rules import LIVE, units

TEXT = st.text(max_size=300)
POISON = st.lists(
    st.sampled_from(
        ["<!channel>", "<@U1>", "&lt;!here&gt;", "<", ">", "&", "*", "👗", "\u200b", " "]
    ),
    max_size=40,
).map("".join)


@given(POISON | TEXT, st.integers(2, 80))
def test_nothing_that_anybody_wrote_is_live_or_too_long(text: str, limit: int) -> None:
    for shown in (mrkdwn(text, limit), plain(text, limit)):
        assert LIVE.search(shown) is None
        assert "<" not in shown
        assert units(shown) <= limit


@given(TEXT, st.integers(1, 60))
def test_a_shortened_text_fits_and_says_that_it_was_cut(text: str, limit: int) -> None:
    short = shortened(text, limit)
    assert width(short) <= limit
    assert short == text or short.endswith("…")


@given(POISON | st.text(max_size=2000), st.integers(20, 200), st.integers(1, 5))
def test_pieces_fit_and_are_as_many_as_allowed(text: str, limit: int, most: int) -> None:
    parts = pieces(text, limit, most)
    assert len(parts) <= most
    assert all(0 < units(part) <= limit for part in parts)
    assert LIVE.search("".join(parts)) is None


def test_pieces_are_cut_between_words_and_lose_none() -> None:
    words = [f"word{number}" for number in range(200)]
    parts = pieces(" ".join(words), 300, 9)
    assert len(parts) > 1
    assert " ".join(parts).split() == words


def test_a_text_that_is_cut_keeps_its_entities_and_stars_whole() -> None:
    assert mrkdwn("a & b & c & d", 12) in {
        "a &amp; b…",
        "a &amp; b &…",
        "a &amp; b &amp…"[:9] + "…",
    }
    assert mrkdwn("*bold words that go on*", 12).count("*") % 2 == 0


def test_stars_stay_and_direction_marks_go() -> None:
    assert mrkdwn("A *red* dress", 100) == "A *red* dress"
    assert mrkdwn("\u202eesrever\u202c \u200bx", 100) == "esrever x"
    assert mrkdwn("@channel and @HERE", 100) == "@\u2060channel and @\u2060HERE"


@given(POISON | TEXT, POISON | TEXT, st.integers(2, 200))
def test_a_link_has_one_address_and_a_dead_label(url: str, label: str, limit: int) -> None:
    for address in (url, f"https://shop.example/{url}"):
        made = link(address, label, limit)
        assert units(made) <= limit
        assert made.count("<") <= 1
        assert LIVE.search(made) is None


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "ftp://a.example", "!channel", "https://a b", "https://a|b", "//a"],
)
def test_only_web_addresses_are_links(url: str) -> None:
    assert web_address(url) == ""
    assert link(url, "Dress", 50) == "Dress"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<@U0BOT> a red dress", "a red dress"),
        ("<@U0BOT|lookbook>, a red dress", ", a red dress"),
        ("<!channel> <!subteam^S1|@team> coat", "coat"),
        ("like <https://shop.example/1|this one>", "like this one"),
        ("like <https://shop.example/1>", "like https://shop.example/1"),
        ("in <#C1|general>", "in general"),
        ("under &lt;50&gt; &amp; red", "under <50> & red"),
        ("&amp;lt;!here&amp;gt;", "&lt;!here&gt;"),
        ("```code``` `x`", "code x"),
        ("a\n\n b\t c", "a b c"),
        ("\u200b\u2060", ""),
        ("", ""),
    ],
)
def test_what_a_person_wrote_is_read_without_slacks_markup(text: str, words: str) -> None:
    assert asked(text) == words


@given(st.text(max_size=5000))
def test_any_message_can_be_read(text: str) -> None:
    assert width(asked(text)) <= 4000
