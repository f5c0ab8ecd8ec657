"""Constraints filter, relax in a fixed order, tell what they sought and survive JSON."""

import json

from haystack_integrations.document_stores.qdrant.filters import convert_filters_to_qdrant

from pipeline.understanding import QueryConstraints
from pipeline.understanding.features import tag
from tests.unit.understanding_catalogues import sample, shop, shop_articles

ASKED = "a navy linen shirt or blouse for women under £40, no stripes, ideally with pockets"


def test_it_knows_which_articles_pass() -> None:
    constraints = shop().understand("jumper, tee or coat between £10 and £60, not navy")
    passing = {
        article.name
        for article in shop_articles()
        if constraints.allows({**article.to_document().meta, "features": tag(article)})
    }
    assert passing == {"Boxy Tee", "Pocket Tee", "Aran Jumper", "Lambswool Crew", "Storm Parka"}


def test_filters_convert_to_qdrants() -> None:
    assert convert_filters_to_qdrant(sample().understand(ASKED).filters()) is not None


def test_they_survive_json() -> None:
    constraints = sample().understand(ASKED)
    copy = QueryConstraints.from_dict(json.loads(json.dumps(constraints.to_dict())))
    assert copy == constraints
    assert copy.filters() == constraints.filters()


def test_relaxing_never_gives_up_the_kind_the_person_or_an_exclusion() -> None:
    constraints = sample().understand(ASKED)
    steps = list(constraints.relaxations())
    assert steps
    for relaxed, sentence in steps:
        assert relaxed.kinds == constraints.kinds
        assert relaxed.excluded == constraints.excluded
        assert [c.name for c in relaxed.required if c.slot == "audience"] == ["women"]
        assert sentence.endswith(".")
    assert steps[0][1] == "Nothing in *linen* matched, so I left that wish out."
    assert steps[-1][0].price_to is None


def test_a_shade_widens_to_its_colour_before_it_is_dropped() -> None:
    steps = [sentence for _, sentence in sample().understand("lilac dress").relaxations()]
    assert steps == [
        "Nothing came in exactly *lilac*, so I took the nearest shades.",
        "Nothing in *lilac* matched, so I left that wish out.",
    ]


def test_the_tiers_end_with_what_must_hold() -> None:
    constraints = sample().understand("warm waterproof coat, ideally belted")
    tiers = constraints.tiers()
    assert len(tiers) > 1
    assert tiers[-1] == constraints.filters()


def test_agreement_is_the_share_of_the_preferences_met() -> None:
    constraints = sample().understand("a dress, ideally with pockets")
    both = {"features": ["pockets", "adults", "kind:dress"]}
    assert constraints.agreement(both) == 1.0
    assert 0 < constraints.agreement({"features": ["adults"]}) < 1.0
    assert constraints.agreement({}) == 0.0


def test_an_outfit_comes_apart_into_its_kinds() -> None:
    groups = sample().understand("a shirt and a tie").groups()
    assert [[kind.name for kind in group.kinds] for group in groups] == [["shirt"], ["tie"]]
    assert len(sample().understand("a shirt or a tie").groups()) == 1


def test_said_names_what_was_sought_in_the_shoppers_words() -> None:
    said = sample().understand("black jumpers for women, no wool").said()
    assert said == "I looked for *jumpers* in *black* for *women*, but nothing in *wool*."


def test_what_is_refused_is_not_searched_for() -> None:
    text = sample().understand("a blue coat, not black").search_text
    assert "blue" in text
    assert "black" not in text
