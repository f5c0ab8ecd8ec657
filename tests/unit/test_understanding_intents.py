"""A wish is told from talk of the same things, by words and, if those leave it open, by meaning."""

import json

import numpy as np
import pytest

from pipeline.understanding import intents
from pipeline.understanding.intents import (
    WISH,
    WORDS,
    IntentClassifier,
    IntentModel,
    intent_model,
    intent_terms,
)
from tests.unit.understanding_catalogues import boutique, sample

SHIPPED = "all-minilm-l6-v2"
BY_WORDS = IntentClassifier()


@pytest.mark.parametrize(
    "message",
    [
        "my jumper came out of the wash two sizes smaller",
        "nobody at your till could tell me why the red dress costs more online",
        "haha your nan in leggings, priceless",
        "he turned up in a linen suit, honestly I nearly died",
    ],
)
def test_talk_of_garments_is_no_wish_by_its_words(message: str) -> None:
    constraints = sample().understand(message, None, BY_WORDS)
    assert constraints.outcome == "off_topic"
    assert not constraints.kinds


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("my jumper came out of the wash two sizes smaller, I need a new one in navy", "sweater"),
        ("my mum wants a green coat like the one she lost", "coat"),
        ("these boots have had it, show me some in brown leather", "boots"),
        ("he needs a linen suit by saturday", "suit"),
        ("did you get any new cardigans in?", "cardigan"),
        ("socks", "socks"),
    ],
)
def test_the_same_words_in_a_wish_are_one(message: str, kind: str) -> None:
    constraints = sample().understand(message, None, BY_WORDS)
    assert constraints.outcome == "recommend"
    assert kind in [condition.name for condition in constraints.kinds]


def test_talk_within_a_conversation_leaves_the_wish_as_it_was() -> None:
    shop = sample()
    before = shop.understand("a navy coat for men", None, BY_WORDS)
    after = shop.understand(
        "my brother wore his green coat to the match and got soaked", before, BY_WORDS
    )
    assert after.outcome == "off_topic"
    assert (after.kinds, after.required) == (before.kinds, before.required)


def test_a_message_in_which_every_word_is_accounted_for_is_a_wish() -> None:
    shop = sample()
    coats = shop.understand("coats under £90", None, BY_WORDS)
    assert shop.understand("ok up to £120", coats, BY_WORDS).price_to == 120
    assert [kind.name for kind in shop.understand("thanks, now socks", coats, BY_WORDS).kinds] == [
        "socks"
    ]
    assert shop.understand("I don't like these", coats, BY_WORDS).outcome == "recommend"


def test_these_are_refused_for_others_only_where_some_were_shown() -> None:
    constraints = sample().understand(
        "I hate these boots, the sole came off after a week", None, BY_WORDS
    )
    assert constraints.outcome == "off_topic"


def test_what_a_shop_sells_besides_clothes_is_a_wish_there() -> None:
    assert boutique().understand("a candle", None, BY_WORDS).outcome == "recommend"


def test_terms_stand_for_all_garments_and_colours_alike() -> None:
    shop = sample()
    dress, coat = (
        intent_terms(shop.read(f"My {said} broke, sadly")) for said in ("red dress", "navy coat")
    )
    assert {"my <colour> <garment>", "<garment> broke ,", ", sadly $"} <= dress & coat
    assert "'red dress" in dress - coat


def test_shares_follow_from_the_weights() -> None:
    content = {
        "labels": ["talk", WISH],
        "bias": [0.0, 1.0],
        "embedding": [[0.0, 0.0], [2.0, 0.0]],
        "terms": {"lol": [3.0, 4.0, 0.0], "need": [4.0, 0.0, 2.0]},
    }
    model = IntentModel.from_json(json.dumps(content))
    # Scores: talk 4 * 3/5, wish 1 + 2 * 4/5; the term that nobody learnt counts nothing.
    shares = model.shares(["lol", "need", "unheard"])
    assert shares[WISH] == pytest.approx(1 / (1 + np.exp(2.4 - 2.6)))
    assert sum(shares.values()) == pytest.approx(1)
    turned = model.shares(["lol", "need"], np.array([0.0, 1.0], dtype=np.float32))
    assert turned[WISH] == pytest.approx(1 / (1 + np.exp(4.4 - 2.6)))
    assert model.shares([])[WISH] == pytest.approx(1 / (1 + np.exp(-1.0)))


def test_a_message_is_embedded_only_where_its_words_leave_it_open() -> None:
    embedded = []

    def embed(text: str) -> intents.Vector:
        embedded.append(text)
        return np.zeros(384, dtype=np.float32)

    classifier = IntentClassifier(SHIPPED, embed)
    shop = sample()
    for message in ("show me some brown leather boots please", "my old boots let in the wet"):
        classifier.wish(shop.read(message), message)
    assert embedded == ["my old boots let in the wet"]


def test_an_embedder_without_weights_is_not_asked() -> None:
    def embed(_: str) -> intents.Vector:
        raise AssertionError

    message = "my old boots let in the wet"
    reading = sample().read(message)
    share = IntentClassifier("BAAI/an-embedder-of-our-own", embed).wish(reading, message)
    assert share == IntentClassifier().wish(reading, message)


def test_weights_ship_for_words_and_for_the_default_embedder() -> None:
    words, whole = intent_model(WORDS), intent_model(SHIPPED)
    assert words is not None
    assert whole is not None
    assert words.embedding.size == 0
    assert whole.embedding.shape == (384, 4)
