"""The real H&M table: its vocabulary stays small, and ordinary wishes are understood in it."""

import os
from pathlib import Path

import pytest

from config.settings import CatalogueSettings
from pipeline.catalogues import Quarantine, open_catalogue
from pipeline.understanding import Understander, Vocabulary
from tests.unit.understanding_rows import ROWS, misread

HM_TABLE = (
    Path(os.environ.get("LOOKBOOK_HM_DATA", Path(__file__).parents[3] / "shared" / "data"))
    / "hm_articles.parquet"
)
MOST_BYTES = 3_000_000

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not HM_TABLE.exists(), reason="the real H&M table is not here"),
]

WISHES = [
    ("yellow sundress for women", ["dress"], ["yellow", "women"]),
    ("two striped cotton shirts for men", ["shirt"], ["striped", "cotton", "men"]),
    ("a wool coat in camel", ["coat"], ["wool", "camel"]),
    ("quilted jacket for a 5 year old girl", ["jacket"], ["quilted", "ages", "girls"]),
    ("baby bodysuits in white", ["bodysuit"], ["white", "ages"]),
    ("ankle boots, no heels", ["ankle_boots"], []),
    ("green backpack", ["backpack"], ["green"]),
    ("swimming trunks for my husband", ["swim_shorts"], ["men"]),
    ("floral midi skirt", ["skirt"], ["floral", "midi"]),
    ("ribbed turtleneck jumper in grey", ["sweater"], ["ribbed", "turtleneck", "grey"]),
    ("nursing bra in beige", ["nursing_bra"], ["beige"]),
    ("a beanie with a pompom", ["beanie"], ["pompom"]),
    ("checked pyjamas for kids", ["pyjamas"], ["checked", "ages"]),
    ("gold hoop earrings", ["earrings"], ["gold"]),
    ("velvet blazer", ["blazer"], ["velvet"]),
    ("seamless sports bra", ["sports_bra"], ["seamless"]),
    ("wide leg linen trousers in white", ["trousers"], ["wide_leg", "linen", "white"]),
    ("leather belt for men", ["belt"], ["any_leather", "men"]),
    ("cropped hoodie", ["hoodie"], ["cropped"]),
    ("maternity leggings", ["leggings"], ["maternity"]),
]


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    catalogue = open_catalogue(CatalogueSettings(path=HM_TABLE))
    return Vocabulary.learn(catalogue.articles(Quarantine()))


def test_the_vocabulary_is_small(vocabulary: Vocabulary, tmp_path: Path) -> None:
    vocabulary.save(tmp_path / "vocabulary.json")
    assert vocabulary.articles == 105_542
    assert (tmp_path / "vocabulary.json").stat().st_size <= MOST_BYTES


def test_ordinary_wishes_are_understood(vocabulary: Vocabulary) -> None:
    understander = Understander(vocabulary)
    for wish, kinds, conditions in WISHES:
        found = understander.understand(wish)
        assert found.outcome == "recommend", wish
        assert [kind.name for kind in found.kinds] == kinds, wish
        assert {c.name for c in found.required} >= set(conditions), wish
        assert not any(c.absent for c in found.required), wish


def test_shoppers_who_had_not_seen_the_code_are_understood(vocabulary: Vocabulary) -> None:
    understander = Understander(vocabulary)
    wrong = {str(row["ask"]): misread(understander, row) for row in ROWS}
    assert {ask: why for ask, why in wrong.items() if why} == {}
