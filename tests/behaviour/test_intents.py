"""What a message is meant for, as the shop's own embedder and its words tell."""

from pathlib import Path

import pytest

from config.settings import Settings
from pipeline.models import TextEmbedder
from pipeline.understanding.component import QueryUnderstander
from tests.unit.understanding_catalogues import sample

pytestmark = [pytest.mark.default_models, pytest.mark.haystack]


@pytest.fixture(scope="module")
def understander(
    default_models: Settings, tmp_path_factory: pytest.TempPathFactory
) -> QueryUnderstander:
    path: Path = tmp_path_factory.mktemp("shop") / "vocabulary.json"
    sample().vocabulary.save(path)
    return QueryUnderstander(
        vocabulary_path=str(path),
        default_count=5,
        max_count=20,
        embedder=TextEmbedder.from_settings(default_models),
    )


@pytest.mark.parametrize(
    "message",
    [
        "my jumper came out of the wash two sizes smaller",
        "nobody at your till could tell me why the red dress costs more online",
        "these boots have had it after a week, what a con",
        "haha your nan in leggings, priceless",
        "the trainers I sent back in may are still not refunded",
        "he turned up in a linen suit, honestly I nearly died",
        "did you knit that cardigan yourself?",
        "ha, my boss has those exact shoes",
    ],
)
def test_talk_of_garments_gets_no_articles(understander: QueryUnderstander, message: str) -> None:
    made = understander.run(message=message)
    assert made["constraints"].outcome == "off_topic"
    assert "search_text" not in made


@pytest.mark.parametrize(
    "message",
    [
        "my jumper came out of the wash two sizes smaller, I need a new one in navy",
        "my cousin has a bag just like that, where can I get one in red?",
        "these boots have had it, what else is there in brown leather",
        "getting married on a beach in august and nothing to wear",
        "something my nan could dance in",
    ],
)
def test_a_wish_within_a_story_is_met(understander: QueryUnderstander, message: str) -> None:
    assert understander.run(message=message)["constraints"].outcome == "recommend"


def test_the_component_comes_back_from_its_parameters(understander: QueryUnderstander) -> None:
    again = QueryUnderstander.from_dict(understander.to_dict())
    message = "these boots have had it after a week, what a con"
    assert again.run(message=message)["constraints"].outcome == "off_topic"
    assert again.to_dict() == understander.to_dict()
