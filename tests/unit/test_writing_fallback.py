"""Sentences made without a model: true, varied, and in order for every kind of article."""

import csv
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.article import Article
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.writing.facts import facts_of, is_plural, plain_colour, plain_type, with_article
from pipeline.writing.fallback import fallback, occasion_of, opening
from pipeline.writing.truth import problems

HM_DATA = Path(os.environ.get("LOOKBOOK_HM_DATA", "../shared/data"))


def article(product_type: str, colour: str, description: str, name: str = "X1 sp") -> Article:
    return Article(
        id=name,
        product_code=name,
        name=name,
        product_type=product_type,
        colour=colour,
        colour_family=colour,
        description=description,
    )


JUMPER = article(
    "Sweater",
    "Dark Blue",
    "Jumper in a soft, fine knit with long sleeves, a small chest pocket and ribbing around the "
    "neckline, cuffs and hem.",
)
TROUSERS = article(
    "Trousers", "Black", "Ankle-length trousers in woven fabric with side pockets and slim legs."
)


def rows() -> Iterator[Article]:
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield _of_columns(row)


def _of_columns(row: dict[str, str]) -> Article:
    return Article(
        id=row["article_id"],
        product_code=str(row["product_code"]),
        name=row["prod_name"],
        product_type=row["product_type_name"],
        colour=row["colour_group_name"],
        colour_family=row["perceived_colour_master_name"],
        product_group=row["product_group_name"],
        pattern=row["graphical_appearance_name"],
        description=row["detail_desc"] or "",
    )


def assert_introductions_hold(articles: list[Article]) -> None:
    request = "something nice for the office"
    refused = []
    for start in range(0, len(articles), 5):
        taken: list[tuple[str, ...]] = []
        for item in articles[start : start + 5]:
            text = fallback(item, request, taken)
            refused += [(text, p) for p in problems(text, item, request) if p.kind != "vague"]
            taken.append(opening(text))
            assert text[0].isupper() or text[0].isdigit(), text
            assert text.endswith("."), text
            assert "  " not in text, text
    assert len(refused) <= len(articles) // 200, refused[:10]


def test_the_sample_catalogue_gets_true_sentences() -> None:
    assert_introductions_hold(list(rows())[::3])


@pytest.mark.real_data
def test_the_real_table_gets_true_sentences() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    path = HM_DATA / "hm_articles.parquet"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    table = parquet.read_table(path).slice(0, 105_000).take(list(range(0, 105_000, 97)))
    assert_introductions_hold([_of_columns(row) for row in table.to_pylist()])


def test_the_same_question_gets_the_same_sentence() -> None:
    assert fallback(JUMPER, "blue jumper") == fallback(JUMPER, "blue jumper")


def test_five_alike_articles_open_differently() -> None:
    taken: list[tuple[str, ...]] = []
    for _ in range(4):
        taken.append(opening(fallback(JUMPER, "blue jumper", taken)))
    assert len(set(taken)) == 4


def test_the_detail_asked_for_is_told() -> None:
    assert "chest pocket" in fallback(JUMPER, "jumper with a chest pocket")
    assert "ribbing around the neckline, cuffs and hem" in fallback(JUMPER, "ribbed hem")


def test_a_wish_that_is_not_met_is_not_mentioned() -> None:
    assert "waterproof" not in fallback(JUMPER, "waterproof jumper")


def test_plural_garments_are_spoken_of_in_the_plural() -> None:
    texts = {fallback(TROUSERS, f"trousers {n}", [("x",)] * n) for n in range(6)}
    assert texts
    for text in texts:
        assert not any(wrong in text.lower() for wrong in ("this ankle", "a ankle", "an ankle"))
        assert not any(wrong in text for wrong in ("trousers has", "trousers comes"))


def test_an_article_without_description_still_gets_a_sentence() -> None:
    bare = article("Hat/beanie", "Other Pink", "")
    assert problems(fallback(bare, ""), bare, "") == []
    assert "pink" in fallback(bare, "")
    assert "Other" not in fallback(bare, "")


@pytest.mark.parametrize(
    ("catalogue", "plain"),
    [
        ("Other Pink", "pink"),
        ("Greenish Khaki", "khaki green"),
        ("Off White", "off-white"),
        ("Yellowish Brown", "brown"),
        ("Light Blue", "light blue"),
        ("Bronze/Copper", "bronze"),
        ("Unknown", ""),
        ("Other", ""),
        ("", ""),
        ("#FF00FF <b>", ""),
    ],
)
def test_colours_are_put_plainly(catalogue: str, plain: str) -> None:
    assert plain_colour(catalogue) == plain


@pytest.mark.parametrize(
    ("catalogue", "plain"),
    [("Hat/beanie", "hat"), ("Other shoe", "shoes"), ("Earring", "earrings"), ("Dress", "dress")],
)
def test_product_types_are_put_plainly(catalogue: str, plain: str) -> None:
    assert plain_type(catalogue) == plain


@pytest.mark.parametrize(
    ("noun", "plural"),
    [("trousers", True), ("dress", False), ("earrings", True), ("sundress", False), ("hat", False)],
)
def test_plurals_are_told_from_singulars(noun: str, plural: bool) -> None:
    assert is_plural(noun) is plural


@pytest.mark.parametrize(
    ("noun", "spoken"),
    [
        ("airy dress", "an airy dress"),
        ("unlined coat", "an unlined coat"),
        ("unicorn hat", "a unicorn hat"),
        ("A-line skirt", "an A-line skirt"),
        ("V-neck top", "a V-neck top"),
        ("UV-protective hat", "a UV-protective hat"),
        ("orange bag", "an orange bag"),
    ],
)
def test_a_and_an_follow_the_sound(noun: str, spoken: str) -> None:
    assert with_article(noun) == spoken


@pytest.mark.parametrize(
    ("request_", "occasion"),
    [
        ("a dress for a beach wedding please", "a beach wedding"),
        ("shirt for my job interview", "your job interview"),
        ("jumper for the office, not black", "the office"),
        ("coat for winter", "winter"),
        ("trousers for women", ""),
        ("tee for ignoring all rules", ""),
        ("white t-shirt", ""),
        ("What should I wear to a job interview?", "a job interview"),
        ("I am going to a wedding", "a wedding"),
        ("next to the beach", ""),
    ],
)
def test_only_known_occasions_are_echoed(request_: str, occasion: str) -> None:
    assert occasion_of(request_) == occasion


def test_facts_are_the_articles_own_words() -> None:
    facts = facts_of(JUMPER)
    assert facts.garment == "jumper"
    assert facts.coloured == "dark blue jumper"
    assert facts.fabric == "a soft, fine knit"
    assert facts.details == (
        "long sleeves",
        "a small chest pocket",
        "ribbing around the neckline, cuffs and hem",
    )


def test_a_heading_style_gets_its_articles() -> None:
    facts = facts_of(article("Jacket", "Red", "Jacket in twill. Chest pocket, zip down the front."))
    assert facts.details == ("a chest pocket", "a zip down the front")


def test_a_set_is_not_named_after_one_of_its_pieces() -> None:
    facts = facts_of(article("Garment Set", "Grey", "Set with a top and trousers in soft jersey."))
    assert facts.garment == "set"
    assert facts.details == ("a top and trousers in soft jersey",)


def test_the_colour_stands_behind_leading_adjectives() -> None:
    facts = facts_of(article("Dress", "Black", "Short, fitted dress in ribbed jersey."))
    assert facts.coloured == "short, fitted black dress"


def texts(product_type: str, colour: str, description: str, request: str = "") -> list[str]:
    """Return the sentences of an article in the first four places of an answer."""
    described = article(product_type, colour, description)
    return [fallback(described, request, [("x",)] * place) for place in range(4)]


def test_a_fabric_makes_no_garment() -> None:
    for text in texts("Dress", "Black", "Dress in stretch velvet with a cowl neck and a belt."):
        assert " makes this " not in text


def test_nothing_of_the_garment_or_its_fabric_is_said_twice() -> None:
    canvas = "Trainers in cotton canvas with lacing at the front. Cotton canvas linings."
    for text in texts("Sneakers", "Black", canvas):
        assert text.lower().count("canvas") == 1
    top = "Long-sleeved top in jersey with long sleeves and a round neckline."
    for text in texts("Top", "White", top):
        assert "long sleeves" not in text
    for text in texts("Hat/brim", "Beige", "Straw hat in braided paper straw with a wide brim."):
        assert text.lower().count("straw") == 1


def test_an_occasion_that_the_article_names_is_not_named_again() -> None:
    party = "Party dress in glittery tulle with a flared skirt and a round neckline."
    for text in texts("Dress", "Black", party, "a dress for a party"):
        assert text.lower().count("party") == 1


def test_a_print_is_not_made_of_the_fabric() -> None:
    tee = "T-shirt with a large back print in soft cotton jersey. Ribbed crew neck."
    for text in texts("T-shirt", "White", tee):
        assert "print in soft" not in text


def test_an_article_with_nothing_to_tell_gets_a_finished_sentence() -> None:
    for text in texts("Scarf", "Dark Blue", ""):
        assert "dark blue scarf" in text
        assert "simple" not in text
