import pytest
from haystack import Document

from pipeline.stores import Bm25DocumentEmbedder, Bm25TextEmbedder

pytestmark = pytest.mark.haystack


def _embed(text, **parameters):
    embedder = Bm25DocumentEmbedder(**parameters)
    (document,) = embedder.run(documents=[Document(id="1", content=text)])["documents"]
    return dict(
        zip(
            document.sparse_embedding.indices,
            document.sparse_embedding.values,
            strict=True,
        )
    )


def test_a_query_finds_the_terms_of_a_document_whatever_their_form():
    document = _embed("Red cotton shirt with buttons")
    query = Bm25TextEmbedder().run(text="shirts, BUTTON")["sparse_embedding"]
    assert len(query.indices) == 2
    assert set(query.indices) <= document.keys()
    assert query.values == [1.0, 1.0]


def test_a_repeated_term_weighs_more_and_a_longer_document_less():
    once, twice = _embed("red shirt"), _embed("red red shirt")
    long = _embed("red shirt " + "made of organic cotton in stretchy soft jersey " * 10)
    (shirt,) = Bm25TextEmbedder().run(text="shirt")["sparse_embedding"].indices
    (red,) = Bm25TextEmbedder().run(text="red")["sparse_embedding"].indices
    assert twice[red] > once[red]
    assert long[shirt] < once[shirt]


def test_the_expected_length_sets_how_much_long_documents_are_held_back():
    text = "red shirt " + "made of organic cotton " * 20
    (shirt,) = Bm25TextEmbedder().run(text="shirt")["sparse_embedding"].indices
    assert _embed(text, average_length=8)[shirt] < _embed(text, average_length=256)[shirt]


def test_stop_words_alone_make_an_empty_query():
    assert Bm25TextEmbedder().run(text="with the and of")["sparse_embedding"].indices == []


def test_documents_given_are_left_as_they_are_and_content_may_be_missing():
    given = [Document(id="1", content="red"), Document(id="2", meta={"a": 1})]
    made = Bm25DocumentEmbedder().run(documents=given)["documents"]
    assert [d.sparse_embedding for d in given] == [None, None]
    assert made[1].sparse_embedding.indices == []
    assert made[1].meta == {"a": 1}


@pytest.mark.parametrize(
    "embedder",
    [Bm25DocumentEmbedder(language="german", average_length=12.5), Bm25TextEmbedder()],
)
def test_a_pipeline_can_hold_it(embedder):
    described = embedder.to_dict()
    loaded = type(embedder).from_dict(described)
    assert loaded.to_dict() == described
    assert loaded.language == embedder.language
