"""What opinions and a profile make of a search, and the reasons that are given for it."""

import pytest
from haystack import Document

from pipeline.personal import Leaning, Opinion, ShopperProfile, Taste, understood
from pipeline.personal.examples import Example, ExampleReader
from pipeline.personal.traits import learnt
from pipeline.understanding import QueryConstraints
from tests.unit.understanding_catalogues import sample

DAY = 86_400


def _meta(product_type="Dress", colour="Red", features=("floral", "women"), name="PERNILLA"):
    return {
        "article_id": "1",
        "product_code": name,
        "name": name,
        "product_type": product_type,
        "colour": colour,
        "colour_family": colour,
        "features": list(features),
        "description": "Short dress in an airy weave with a round neckline and a tie belt.",
    }


def _example(vector=(1.0, 0.0), *, liked=True, weight=1.0, **changes):
    return Example(_meta(**changes), vector, liked, weight)


def _leaning(*examples, **others):
    return Leaning(examples=examples, traits=learnt(examples, sample().vocabulary), **others)


def _shares(steering):
    return {filters["value"][0]: share for filters, share in steering.preferences}


def test_an_opinion_counts_half_after_each_half_life():
    taste = Taste(now=60 * DAY)
    assert taste.weight(60 * DAY, 30) == 1
    assert taste.weight(30 * DAY, 30) == pytest.approx(0.5)
    assert taste.weight(0, 30) == pytest.approx(0.25)
    assert taste.weight(90 * DAY, 30) == 1


def test_without_a_taste_nothing_bends_the_search():
    assert Leaning().steering(sample().understand("a dress")) is None


def test_strength_nought_turns_it_off():
    assert _leaning(_example(), strength=0.0).steering(sample().understand("a dress")) is None


def test_only_examples_of_the_types_asked_for_are_compared_with():
    dress, sock = _example((1.0, 0.0)), _example((0.0, 1.0), product_type="Socks", liked=False)
    leaning = _leaning(dress, sock)
    asked = leaning.steering(sample().understand("a dress"))
    assert asked is not None
    assert (asked.liked, asked.disliked) == (((1.0, 0.0),), ())
    anything = leaning.steering(QueryConstraints())
    assert anything is not None
    assert (anything.liked, anything.disliked) == (((1.0, 0.0),), ((0.0, 1.0),))


def test_what_was_liked_elsewhere_counts_by_its_colour_and_features():
    steering = _leaning(_example(), _example()).steering(sample().understand("socks"))
    assert steering is not None
    assert steering.liked == ()
    shares = _shares(steering)
    assert shares["Red"] > 0
    assert shares["floral"] > 0


def test_a_wish_for_a_colour_leaves_no_other_colour_preferred():
    steering = _leaning(_example()).steering(sample().understand("a black dress"))
    assert steering is not None
    assert "Red" not in _shares(steering)
    assert "floral" in _shares(steering)


def test_what_was_disliked_is_ranked_down():
    steering = _leaning(_example(liked=False)).steering(sample().understand("a dress"))
    assert steering is not None
    assert _shares(steering)["Red"] < 0


def test_older_opinions_count_less():
    examples = [_example(weight=0.1), _example(colour="Green", weight=1.0)]
    shares = _shares(_leaning(*examples).steering(sample().understand("a dress")))
    assert shares["Green"] > shares["Red"] > 0


def test_all_that_a_taste_adds_is_bounded():
    colours = ("Red", "Green", "Blue", "Pink", "Orange")
    liked = [_example(colour=c, features=("floral", "linen", "lace", "silk")) for c in colours]
    steering = _leaning(*liked).steering(sample().understand("a dress"))
    assert sum(share for _, share in steering.preferences) <= 0.5 + 1e-9


def test_unwanted_types_are_pushed_down_unless_the_wish_is_for_nothing_else():
    leaning = Leaning(unwanted={"Dress": 1.0})
    steering = leaning.steering(QueryConstraints())
    assert steering is not None
    ((filters, share),) = steering.preferences
    assert filters["value"] == "Dress"
    assert share < 0
    assert leaning.steering(sample().understand("a dress")) is None


def test_reasons_name_what_the_shopper_likes():
    profile = understood(ShopperProfile(likes="linen, red"), sample())
    leaning = Leaning(profile=profile)
    assert leaning.reasons(Document(content="", meta=_meta())) == ("you like *red*",)


def test_an_article_close_to_one_that_was_liked_says_so():
    leaning = _leaning(_example())
    near = Document(content="", meta=_meta(name="PAULA", colour="Black", features=()))
    assert leaning.reasons(near) == ("close to *PERNILLA*, which you liked",)
    far = Document(content="", meta={**_meta(product_type="Bag", colour="Black", features=())})
    assert leaning.reasons(far) == ()


def test_nothing_disliked_is_given_as_a_reason():
    leaning = _leaning(_example(liked=False))
    assert leaning.reasons(Document(content="", meta=_meta())) == ()


class _Shelf:
    """A store of two articles that counts how often it is asked."""

    def __init__(self):
        self.asked = 0

    def filter_documents(self, filters):
        self.asked += 1
        return [Document(id=n, content="", meta=_meta(), embedding=[1.0]) for n in ("1", "2")]


def test_articles_that_are_gone_are_left_out_and_each_is_looked_up_once():
    shelf = _Shelf()
    reader = ExampleReader(shelf)
    opinions = tuple(Opinion(n, "Dress", liked=True, at=float(n)) for n in ("1", "2", "3"))
    taste = Taste(opinions=opinions, now=4.0)
    for _ in range(2):
        found = reader.read(taste, 1 / DAY)
        assert [e.weight for e in found] == [0.25, 0.125]
    assert shelf.asked == 1
