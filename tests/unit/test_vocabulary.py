"""The vocabulary is learnt in one pass, bounded, and survives the disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.article import Article
from pipeline.understanding import Vocabulary
from pipeline.understanding.vocabulary import MOST_WORDS, VocabularyError
from tests.unit.understanding_catalogues import shop_articles


def test_it_counts_the_catalogues_own_values() -> None:
    vocabulary = Vocabulary.learn(shop_articles())
    assert vocabulary.articles == len(shop_articles())
    assert vocabulary.types["Bottoms"] == 3
    assert vocabulary.values["colour"]["Navy"] == 2
    assert vocabulary.prices == (10.0, 10.0 + 5 * (len(shop_articles()) - 1))


def test_it_counts_tags_by_product_type() -> None:
    vocabulary = Vocabulary.learn(shop_articles())
    assert vocabulary.tags["waterproof"] == {"Coats & Jackets": 1}
    assert vocabulary.tagged("wool", ["Jumpers & Knitwear"]) == 2
    assert vocabulary.tagged("wool", ["Bottoms"]) == 0


def test_it_reads_a_stream_once() -> None:
    def once() -> Iterator[Article]:
        yield from shop_articles()

    assert Vocabulary.learn(once()) == Vocabulary.learn(shop_articles())


def test_it_survives_the_disk(tmp_path: Path) -> None:
    vocabulary = Vocabulary.learn(shop_articles())
    vocabulary.save(tmp_path / "vocabulary.json")
    assert Vocabulary.load(tmp_path / "vocabulary.json") == vocabulary


def test_it_stays_bounded_however_many_words_there_are() -> None:
    articles = (
        Article(id=str(n), product_code=str(n), name=f"word{n}", product_type="Dress")
        for n in range(MOST_WORDS + 50)
    )
    assert len(Vocabulary.learn(articles).words) == MOST_WORDS


@pytest.mark.parametrize("content", ["", "{", '{"format": 0}', '{"format": 1}', "[]"])
def test_an_unreadable_file_says_what_to_do(tmp_path: Path, content: str) -> None:
    path = tmp_path / "vocabulary.json"
    path.write_text(content)
    with pytest.raises(VocabularyError) as caught:
        Vocabulary.load(path)
    assert "vocabulary.json" in caught.value.problem
    assert "index build" in caught.value.mend
