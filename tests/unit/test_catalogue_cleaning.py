"""Text and prices as shops export them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.catalogues.cleaning import clean_text, parse_price, plain_text


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("Strap top", "Strap top"),
        ("  Strap \t\r\n top ", "Strap top"),
        ("Levi&#39;s &amp; Co", "Levi's & Co"),
        ("T&T", "T&T"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("soft\u00a0wool", "soft wool"),
        ("bell\x07ring", "bell ring"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_text_is_decoded_and_its_space_normalised(dirty: str, clean: str) -> None:
    assert clean_text(dirty) == clean


@given(st.text(max_size=200))
def test_clean_text_holds_no_control_character_and_no_stray_space(text: str) -> None:
    cleaned = clean_text(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(ord(mark) < 32 or 127 <= ord(mark) < 160 for mark in cleaned)


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<p>Soft wool.</p><p>Made to last.</p>", "Soft wool. Made to last."),
        ("<b>Co</b>tton, <i>ribbed</i>.", "Cotton, ribbed."),
        ("One<br/>two<br>three", "One two three"),
        ("<ul><li>Red</li><li>Blue</li></ul>", "Red Blue"),
        ("Wool &amp; silk <em>mix</em>", "Wool & silk mix"),
        ("<style>p{color:red}</style>Dress<script>alert('x')</script>", "Dress"),
        ("<!-- note -->Dress", "Dress"),
        ("Waist < 70 cm and > 60 cm", "Waist < 70 cm and > 60 cm"),
        ("I <3 it", "I <3 it"),
        ("<p>Unclosed <b>tag", "Unclosed tag"),
        ("Dress <p class='x", "Dress <p class='x"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_reader_sees(markup: str, seen: str) -> None:
    assert plain_text(markup) == seen


def test_deeply_nested_html_is_read_without_recursion() -> None:
    assert plain_text("<div>" * 100_000 + "Dress" + "</div>" * 100_000) == "Dress"


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("19.99 USD", 19.99, "USD"),
        ("USD 19.99", 19.99, "USD"),
        ("19.99USD", 19.99, "USD"),
        ("19.99", 19.99, ""),
        ("15", 15.0, ""),
        ("19,99 EUR", 19.99, "EUR"),
        ("\u20ac19.99", 19.99, "EUR"),
        ("\u00a320", 20.0, "GBP"),
        ("$20", 20.0, ""),
        ("1,299", 1299.0, ""),
        ("1,299.00 USD", 1299.0, "USD"),
        ("1.299,00 EUR", 1299.0, "EUR"),
        ("1,234,567.89", 1234567.89, ""),
        ("1.234.567", 1234567.0, ""),
        ("1 299,00 SEK", 1299.0, "SEK"),
        ("1'299.50 CHF", 1299.5, "CHF"),
        ("0.0508", 0.0508, ""),
        ("0", 0.0, ""),
    ],
)
def test_prices_are_read_in_the_ways_shops_write_them(
    text: str, amount: float, currency: str
) -> None:
    price = parse_price(text)
    assert price is not None
    assert (price.amount, price.currency) == (pytest.approx(amount), currency)


@pytest.mark.parametrize(
    "text", ["", "free", "-5.00", "10 - 20", "10/20", "nan", "1e400", "9" * 400, "EUR"]
)
def test_what_is_not_one_price_is_none(text: str) -> None:
    assert parse_price(text) is None


@given(st.text(max_size=60))
def test_a_price_is_never_negative_nor_infinite(text: str) -> None:
    price = parse_price(text)
    assert price is None or 0 <= price.amount < float("inf")
