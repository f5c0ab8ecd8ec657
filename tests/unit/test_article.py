"""The article and the one text of it that is embedded."""

import dataclasses

from pipeline.article import Article

PYJAMA = Article(
    id="0000000001",
    product_code="0000001",
    name="FLEECE PYJAMA",
    product_type="Pyjama jumpsuit/playsuit",
    colour="Light Pink",
    index_name="Baby Sizes 50-98",
    description="All-in-one pyjamas in soft fleece.",
    price=9.99,
    currency="EUR",
)


def test_the_chunk_text_is_the_papers_byte_for_byte() -> None:
    assert PYJAMA.chunk_text() == (
        "FLEECE PYJAMA - Pyjama jumpsuit/playsuit - Light Pink - Baby Sizes 50-98 - "
        "All-in-one pyjamas in soft fleece."
    )


def test_a_missing_description_leaves_no_dangling_separator() -> None:
    bare = dataclasses.replace(PYJAMA, description="")
    assert bare.chunk_text().endswith(" - Baby Sizes 50-98")


def test_the_content_hash_changes_with_any_field() -> None:
    seen = {PYJAMA.content_hash()}
    for field in dataclasses.fields(Article):
        value = {"price": 10.0, "extra": {"fit": "slim"}}.get(field.name, "changed")
        seen.add(dataclasses.replace(PYJAMA, **{field.name: value}).content_hash())
    assert len(seen) == 1 + len(dataclasses.fields(Article))


def test_an_article_survives_the_trip_through_a_document() -> None:
    document = PYJAMA.to_document()
    assert document.content == PYJAMA.chunk_text()
    assert "url" not in document.meta
    assert Article.from_document(document) == PYJAMA
