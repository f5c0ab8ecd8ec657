"""Answers for one shopper: what they like, what they saw, and what goes with it."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import CatalogueSettings, EmbeddingSettings, Settings
from pipeline.index.build import build
from pipeline.personal import Opinion, ShopperProfile, Taste
from pipeline.recommendation import Recommendation
from pipeline.recommending import ArticleGoneError, Recommender
from pipeline.sample import SAMPLE_CATALOGUE
from pipeline.understanding.features import tag

pytestmark = pytest.mark.haystack

NOW = 1_800_000_000.0
UNDER = {"Bra", "Underwear bottom", "Kids Underwear top", "Pyjama set", "Night gown"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Iterator[Recommender]:
    """Every third article of the sample, without a writer."""
    home = tmp_path_factory.mktemp("personal")
    with SAMPLE_CATALOGUE.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    catalogue = home / "articles.csv"
    with catalogue.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([rows[0], *rows[1::3]])
    settings = Settings(
        home=home,
        catalogue=CatalogueSettings(path=catalogue),
        embedding=EmbeddingSettings(model=str(tiny_embedder), dtype="float32"),
    )
    build(settings, full=False, report=lambda _: None)
    with Recommender.open(settings, writing=False) as recommender:
        yield recommender


def codes(answer: Recommendation) -> list[str]:
    return [item.article.product_code for item in answer.articles]


def opinions(answer: Recommendation, *, liked: bool) -> tuple[Opinion, ...]:
    articles = (item.article for item in answer.articles)
    return tuple(Opinion(a.id, a.product_type, liked=liked, at=NOW) for a in articles)


def share_in(answer: Recommendation, colour: str) -> float:
    colours = [item.article.colour_family for item in answer.articles]
    return colours.count(colour) / len(colours)


@pytest.mark.parametrize("message", ["a black dress", "something warm", "outfit for a wedding"])
def test_somebody_unknown_gets_what_everybody_gets(shop: Recommender, message: str) -> None:
    plain = shop.recommend(message)
    newcomer = shop.recommend(message, taste=Taste(now=NOW))
    assert newcomer.articles == plain.articles
    assert newcomer.constraints == plain.constraints
    assert newcomer.repeats == 0


def test_likes_change_the_next_answer(shop: Recommender) -> None:
    reds = shop.recommend("red dresses", count=4)
    taste = Taste(opinions=opinions(reds, liked=True), now=NOW)
    answer = shop.recommend("dresses", taste=taste)
    assert share_in(answer, "Red") > share_in(shop.recommend("dresses"), "Red")
    told = [reason for item in answer.articles for reason in item.reasons]
    assert any("which you liked" in reason or "like others you liked" in reason for reason in told)


def test_dislikes_change_the_next_answer(shop: Recommender) -> None:
    first = shop.recommend("dresses")
    taste = Taste(opinions=opinions(first, liked=False), now=NOW)
    assert set(codes(shop.recommend("dresses", taste=taste))).isdisjoint(codes(first))


def test_a_taste_never_overrides_the_wish(shop: Recommender) -> None:
    reds = shop.recommend("red dresses")
    taste = Taste(
        profile=ShopperProfile(likes="red, floral", wearer="men"),
        opinions=opinions(reds, liked=True),
        now=NOW,
    )
    answer = shop.recommend("black trousers for women", taste=taste)
    assert {item.article.product_type for item in answer.articles} == {"Trousers"}
    assert {item.article.colour_family for item in answer.articles} == {"Black"}
    assert all("men" not in tag(item.article) for item in answer.articles)


def test_opinions_of_articles_that_are_gone_are_skipped(shop: Recommender) -> None:
    taste = Taste(opinions=(Opinion("gone", "Dress", liked=True, at=NOW),), now=NOW)
    assert shop.recommend("dresses", taste=taste).articles == shop.recommend("dresses").articles


def test_a_soft_profile_ranks_and_is_given_as_the_reason(shop: Recommender) -> None:
    taste = Taste(profile=ShopperProfile(likes="blue"), now=NOW)
    answer = shop.recommend("dresses", taste=taste)
    assert share_in(answer, "Blue") > share_in(shop.recommend("dresses"), "Blue")
    blue = [i for i in answer.articles if i.article.colour_family == "Blue"]
    assert all(item.reasons[0] == "you like *blue*" for item in blue)


def test_the_wearer_comes_first_unless_the_wish_says_whom_for(shop: Recommender) -> None:
    taste = Taste(profile=ShopperProfile(wearer="men"), now=NOW)
    answer = shop.recommend("three shirts", taste=taste)
    assert all("men" in tag(item.article) for item in answer.articles)
    hers = shop.recommend("three shirts for women", taste=taste)
    assert not any("men" in tag(item.article) for item in hers.articles)


def test_firm_parts_hold_and_the_conversation_does_not_learn_them(shop: Recommender) -> None:
    profile = ShopperProfile(likes="blue", dislikes="cotton", firm=frozenset({"likes", "dislikes"}))
    answer = shop.recommend("dresses", taste=Taste(profile=profile, now=NOW))
    assert {item.article.colour_family for item in answer.articles} == {"Blue"}
    assert not any("cotton" in tag(item.article) for item in answer.articles)
    assert answer.constraints == shop.recommend("dresses").constraints


def test_a_firm_like_that_nothing_meets_is_let_go_of_and_told(shop: Recommender) -> None:
    profile = ShopperProfile(likes="fur", firm=frozenset({"likes"}))
    answer = shop.recommend("sunglasses", taste=Taste(profile=profile, now=NOW))
    assert answer.articles
    assert answer.relaxations


def test_what_was_seen_comes_after_what_is_new_and_is_counted(shop: Recommender) -> None:
    first = shop.recommend("dresses")
    taste = Taste(seen=frozenset(codes(first)), now=NOW)
    fresh = shop.recommend("dresses", taste=taste)
    assert set(codes(fresh)).isdisjoint(codes(first))
    assert fresh.repeats == 0

    everything = shop.recommend("umbrellas", count=20)
    all_but_one = frozenset(codes(everything)[:-1])
    filled = shop.recommend("umbrellas", count=20, taste=Taste(seen=all_but_one, now=NOW))
    assert codes(filled)[0] == codes(everything)[-1]
    assert set(codes(filled)) == set(codes(everything))
    assert filled.repeats == len(all_but_one)


@pytest.mark.parametrize("message", ["show me those again", "three dresses again", "only 3"])
def test_what_was_seen_comes_again_when_asked_for(shop: Recommender, message: str) -> None:
    first = shop.recommend("three dresses")
    taste = Taste(seen=frozenset(codes(first)), now=NOW)
    again = shop.recommend(message, previous=first.constraints, taste=taste)
    assert codes(again) == codes(first)
    assert again.repeats == 0


def test_an_unwanted_type_is_pushed_down_unless_it_is_named(shop: Recommender) -> None:
    plain = shop.recommend("shoes")
    first = plain.articles[0].article.product_type
    taste = Taste(unwanted_types={first: NOW}, now=NOW)
    types = [item.article.product_type for item in shop.recommend("shoes", taste=taste).articles]
    before = [item.article.product_type for item in plain.articles]
    assert types.count(first) < before.count(first)
    named = shop.recommend(first, taste=taste)
    assert {item.article.product_type for item in named.articles} == {first}


# --- outfits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message", ["a dress", "a blouse", "mens jeans", "a coat for him", "a girls skirt", "sneakers"]
)
def test_an_outfit_for_an_article_has_one_piece_for_each_part(
    shop: Recommender, message: str
) -> None:
    (found,) = shop.recommend(message, count=1).articles
    early: list[Recommendation] = []
    answer = shop.outfit(found.article.id, on_articles=early.append)
    types = [found.article.product_type, *(i.article.product_type for i in answer.articles)]
    assert len(answer.articles) >= 2
    assert len(set(types)) == len(types)
    assert UNDER.isdisjoint(types)
    assert all(item.reasons for item in answer.articles)
    assert [i.reasons for i in early[0].articles] == [i.reasons for i in answer.articles]
    whom = {"men", "children"}.intersection(tag(found.article))
    assert all(whom <= set(tag(item.article)) for item in answer.articles)


def test_the_reason_says_what_the_piece_is(shop: Recommender) -> None:
    (found,) = shop.recommend("a dress", count=1).articles
    for item in shop.outfit(found.article.id).articles:
        said = item.reasons[0].split("*")[1]
        article = item.article
        shown = f"{article.colour} {article.colour_family} {article.section} {article.product_type}"
        assert said in shown.lower().replace("dark blue", "navy") or said in tag(article)
        assert "dress" in item.reasons[0]


def test_an_outfit_for_a_wish_is_built_around_its_best_piece(shop: Recommender) -> None:
    answer = shop.outfit(message="a beach wedding outfit for her")
    main, *others = answer.articles
    assert main.reasons == ("the *dress* that the rest goes with",)
    assert main.article.product_type == "Dress"
    assert len({item.article.product_type for item in others}) == len(others) >= 3


def test_a_wish_that_names_pieces_keeps_them(shop: Recommender) -> None:
    answer = shop.outfit(message="a black shirt and white trousers")
    by_type = {i.article.product_type: i.article.colour_family for i in answer.articles}
    assert by_type["Shirt"] == "Black"
    assert by_type["Trousers"] == "White"


def test_a_number_bounds_the_outfit(shop: Recommender) -> None:
    (found,) = shop.recommend("a dress", count=1).articles
    assert len(shop.outfit(found.article.id, count=2).articles) == 2


def test_what_goes_with_nothing_is_told(shop: Recommender) -> None:
    (found,) = shop.recommend("knickers", count=1).articles
    answer = shop.outfit(found.article.id)
    assert answer.articles == ()
    assert answer.relaxations == (f"Nothing here goes with *{found.article.name}*.",)


def test_small_talk_is_no_outfit(shop: Recommender) -> None:
    answer = shop.outfit(message="hello")
    assert (answer.constraints.outcome, answer.articles) == ("off_topic", ())


def test_an_article_that_is_gone_has_no_outfit(shop: Recommender) -> None:
    with pytest.raises(ArticleGoneError, match="not in the live index"):
        shop.outfit("no-such-article")
