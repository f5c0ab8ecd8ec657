"""What a profile's words mean in a catalogue, and how they stand beside a wish."""

import pytest

from pipeline.personal import ShopperProfile, understood
from pipeline.understanding.features import tag
from tests.unit.understanding_catalogues import boutique, boutique_articles, sample


def meta(article):
    return {**article.to_document().meta, "features": tag(article)}


TOLD = ShopperProfile(
    wearer="women",
    likes="navy, linen and floral",
    dislikes="yellow, polyester, leopard",
    limits="up to 50, size M",
)


def test_a_profile_survives_storage():
    profile = ShopperProfile(wearer="me", likes="red", firm=frozenset({"likes", "wearer"}))
    assert ShopperProfile.from_dict(profile.to_dict()) == profile
    assert ShopperProfile.from_dict(ShopperProfile().to_dict()) == ShopperProfile()


def test_each_part_is_read_with_the_words_of_the_catalogue():
    found = understood(TOLD, sample())
    assert [c.name for c in found.wearer] == ["women"]
    assert [c.name for c in found.likes] == ["navy", "linen", "floral"]
    assert [c.name for c in found.dislikes] == ["yellow", "polyester", "animal_print"]
    assert found.said() == (
        "I show things for *women*, *navy*, *linen* and *floral* first and *yellow*, *polyester* "
        "and *leopard* last."
    )


def test_limits_that_the_catalogue_cannot_keep_are_told():
    assert understood(TOLD, sample()).unknown == ("up to 50", "size M")


@pytest.mark.parametrize(
    ("limits", "bounds"),
    [
        ("up to 50", (None, 50)),
        ("under 50", (None, 50)),
        ("max 30", (None, 30)),
        ("£50", (None, 50)),
        ("50", (None, 50)),
        ("between 20 and 40 pounds", (20, 40)),
    ],
)
def test_a_budget_holds_where_there_are_prices(limits, bounds):
    found = understood(ShopperProfile(limits=limits), boutique())
    assert (found.price_from, found.price_to) == bounds
    assert found.unknown == ()


def sizes(article):
    return {size for size in tag(article) if size.startswith("size:")}


@pytest.mark.parametrize("limits", ["size L", "L", "sizes L", "up to 500, Large", "size large"])
def test_a_size_holds_where_articles_come_in_sizes(limits):
    profile = ShopperProfile(limits=limits, firm=frozenset({"limits"}))
    found = understood(profile, boutique())
    assert found.unknown == ()
    wish = found.insisted(boutique().understand("jumpers or bags for men"))
    fitting = [a for a in boutique_articles() if wish.allows(meta(a))]
    assert {a.product_type for a in fitting} >= {"Bags & Purses", "Knitwear"}
    assert all("size:l" in sizes(a) for a in fitting if sizes(a))


def test_sizes_of_several_kinds_each_hold_for_their_own():
    found = understood(ShopperProfile(limits="M, shoe size 8"), boutique())
    assert found.unknown == ()
    held = [a for a in boutique_articles() if found.size.holds(meta(a))]
    assert {size for a in held for size in sizes(a)} >= {"size:m", "size:uk 8"}
    mine = {"Knitwear": "size:m", "Shoes": "size:uk 8"}
    assert all(mine[a.product_type] in sizes(a) for a in held if a.product_type in mine)
    assert found.said() == "I show things in *size M* or *size 8* first."


def test_a_size_in_a_message_wins_over_the_profile():
    profile = ShopperProfile(limits="size L", firm=frozenset({"limits"}))
    said = boutique().understand("a jumper in size XS")
    wish = understood(profile, boutique()).beside(said).insisted(said)
    assert [c.words for c in wish.required if c.slot == "size"] == ["size XS"]


def test_a_firm_size_leaves_the_price_of_the_message_alone():
    profile = ShopperProfile(limits="size L", firm=frozenset({"limits"}))
    said = boutique().understand("a jumper under 90")
    assert understood(profile, boutique()).insisted(said).price_to == 90


def test_words_that_mean_nothing_here_are_told():
    profile = ShopperProfile(wearer="my dog", likes="blurgh, red", dislikes="wetsuits")
    assert understood(profile, sample()).unknown == ("my dog", "blurgh", "wetsuits")


def test_what_is_refused_among_the_likes_is_a_dislike():
    found = understood(ShopperProfile(likes="red, not yellow"), sample())
    assert [c.name for c in found.likes] == ["red"]
    assert [c.name for c in found.dislikes] == ["yellow"]


def test_an_empty_profile_says_and_does_nothing():
    understander = sample()
    found = understood(ShopperProfile(), understander)
    wish = understander.understand("a black dress")
    assert found.said() == ""
    assert found.beside(wish).insisted(wish) == wish


def _beside(profile, message):
    understander = sample()
    wish = understander.understand(message)
    return understood(profile, understander).beside(wish), wish


def test_a_wish_wins_over_likes_of_its_sort_only():
    held, _ = _beside(TOLD, "a red cotton dress")
    assert [c.name for c in held.likes] == ["floral"]


def test_a_wish_wins_over_a_dislike_that_it_names():
    held, _ = _beside(TOLD, "a yellow dress")
    assert [c.name for c in held.dislikes] == ["polyester", "animal_print"]
    held, _ = _beside(ShopperProfile(dislikes="skirts"), "a skirt")
    assert held.dislikes == ()


def test_a_wish_that_says_whom_for_wins_over_the_wearer():
    held, wish = _beside(TOLD, "a shirt for him")
    assert held.wearer == ()
    assert held.insisted(wish) == wish


def test_a_soft_wearer_is_preferred_to_adults_in_general():
    held, wish = _beside(TOLD, "a shirt")
    insisted = held.insisted(wish)
    assert [c.name for c in wish.preferred if c.slot == "audience"] == ["adults"]
    assert [c.name for c in insisted.preferred if c.slot == "audience"] == ["women"]
    assert insisted.required == wish.required


def test_firm_parts_must_hold():
    firm = ShopperProfile(
        wearer="women",
        likes="navy, beige, linen, cotton",
        dislikes="yellow",
        firm=frozenset({"wearer", "likes", "dislikes"}),
    )
    held, wish = _beside(firm, "a shirt")
    insisted = held.insisted(wish)
    assert [c.slot for c in insisted.required] == ["audience", "colour", "feature"]
    assert [c.name for c in insisted.excluded] == ["yellow"]
    article = {"product_type": "Shirt", "colour": "Dark Blue", "features": ["linen", "women"]}
    assert insisted.allows(article)
    assert not insisted.allows({**article, "features": ["wool", "women"]})
    assert not insisted.allows({**article, "features": ["linen", "men"]})


def test_a_conversation_never_remembers_what_a_profile_insisted_on():
    firm = ShopperProfile(likes="navy", limits="up to 50", firm=frozenset({"likes", "limits"}))
    understander = boutique()
    wish = understander.understand("a cotton shirt")
    held = understood(firm, understander).beside(wish)
    insisted = held.insisted(wish)
    assert insisted.price_to == 50
    assert held.forgotten(wish, insisted) == wish
    cotton = next(c for c in wish.required if c.name == "cotton")
    assert held.forgotten(wish, insisted.without(cotton)) == wish.without(cotton)
