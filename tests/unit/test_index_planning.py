from pathlib import Path

import pytest

from config.settings import HnswSettings, IndexSettings
from pipeline.article import Article
from pipeline.index.errors import IndexStateError
from pipeline.index.fingerprints import FINGERPRINTS, Fingerprints
from pipeline.index.inputs import Inputs
from pipeline.index.manifest import CatalogueRecord, EmbedderRecord, StorageRecord
from pipeline.index.planning import Live, plan
from pipeline.models import LocatedModel, ModelCard
from tests.unit.test_index_versions import manifest


def article(number: int, **fields: object) -> Article:
    values: dict[str, object] = {
        "id": f"{number:03}",
        "product_code": f"{number // 2}",
        "name": f"Dress {number}",
        "product_type": "Dress",
    }
    return Article(**{**values, **fields})  # type: ignore[arg-type]


def fingerprints(*articles: Article) -> Fingerprints:
    prints = Fingerprints()
    for one in articles:
        prints.add(one.id, content=one.content_hash(), text=one.chunk_text())
    return prints


SHOP = [article(number) for number in range(100)]
RECORD = CatalogueRecord(path="a.csv", format="hm", sha256="c" * 64, mapping={}, currency="")


def inputs(
    sha256: str = "e" * 64,
    rules: str = "r",
    record: CatalogueRecord = RECORD,
    **index: object,
) -> Inputs:
    card = ModelCard(name="another", kind="embedder")
    return Inputs(
        embedder=LocatedModel(card, Path(), Path("model.safetensors"), sha256),
        storage=StorageRecord.of(IndexSettings.model_validate(index)),
        catalogue=None,  # type: ignore[arg-type] # a plan does not read
        catalogue_record=record,
        rules=rules,
    )


def live(*articles: Article) -> Live:
    found = Live(manifest("20200101T000000Z-aaaaaa"), Path("live"))
    found.__dict__["fingerprints"] = fingerprints(*articles)  # as if read before
    return found


def test_changes_are_told_apart() -> None:
    before = fingerprints(*SHOP[:3])
    after = fingerprints(SHOP[0], article(1, price=9.5), article(200))
    changes = after.changes_since(before)
    assert changes.added == ["200"]
    assert changes.changed == ["001"]
    assert changes.removed == ["002"]
    assert changes.total == 3


def test_a_price_changes_the_content_and_not_the_text() -> None:
    one = fingerprints(SHOP[0]).by_id["000"]
    other = fingerprints(article(0, price=9.5)).by_id["000"]
    assert one.content != other.content
    assert one.text == other.text


def test_fingerprints_come_back_as_written(tmp_path: Path) -> None:
    prints = fingerprints(*SHOP)
    prints.write(tmp_path)
    assert Fingerprints.read(tmp_path).by_id == prints.by_id


@pytest.mark.parametrize("damage", [None, b"", b"PAR1 and then nothing"])
def test_missing_or_damaged_fingerprints_are_said(tmp_path: Path, damage: bytes | None) -> None:
    if damage is not None:
        (tmp_path / FINGERPRINTS).write_bytes(damage)
    with pytest.raises(IndexStateError, match="missing or damaged"):
        Fingerprints.read(tmp_path)


def test_the_first_build_is_full() -> None:
    decided = plan(None, inputs(), fingerprints(*SHOP), full=False)
    assert decided.kind == "full"
    assert len(decided.changes.added) == 100
    assert decided.base is None
    assert decided.vectors is None


def test_no_change_leaves_nothing_to_do() -> None:
    assert plan(live(*SHOP), inputs(), fingerprints(*SHOP), full=False).kind == "none"


def test_a_few_changes_are_a_refresh_of_a_copy() -> None:
    now = live(*SHOP)
    decided = plan(now, inputs(), fingerprints(*SHOP[:99]), full=False)
    assert decided.kind == "refresh"
    assert decided.reason == "1.0% of the articles changed"
    assert decided.base is now
    assert decided.vectors is now


def test_many_changes_are_a_full_build_with_the_known_vectors() -> None:
    decided = plan(live(*SHOP), inputs(), fingerprints(*SHOP[:70]), full=False)
    assert decided.kind == "full"
    assert decided.base is None
    assert decided.vectors is not None


@pytest.mark.parametrize(
    ("changed", "reason", "reuses"),
    [
        (inputs(sha256="f" * 64), "the embedder changed from m to another", False),
        (inputs(quantization="scalar"), "the setting index.quantization changed", True),
        (inputs(compression="x8"), "the setting index.compression changed", True),
        (inputs(hnsw=HnswSettings(m=32)), "the setting index.hnsw changed", True),
        (inputs(backend="server"), "the setting index.backend changed", True),
        (inputs(rules="other"), "Lookbook or its word lists changed", True),
    ],
    ids=["embedder", "quantization", "compression", "hnsw", "backend", "rules"],
)
def test_other_inputs_mean_a_full_build_even_without_a_changed_article(
    changed: Inputs, reason: str, reuses: bool
) -> None:
    decided = plan(live(*SHOP), changed, fingerprints(*SHOP), full=False)
    assert decided.kind == "full"
    assert decided.reason == reason
    assert (decided.vectors is not None) == reuses


def test_a_full_build_on_request_uses_no_vector_again() -> None:
    decided = plan(live(*SHOP), inputs(), fingerprints(*SHOP), full=True)
    assert decided.kind == "full"
    assert decided.vectors is None


def test_a_moved_catalogue_is_the_same_and_another_mapping_is_not() -> None:
    built = manifest("20200101T000000Z-aaaaaa")
    moved = RECORD.model_copy(update={"path": "elsewhere.csv"})
    mapped = RECORD.model_copy(update={"mapping": {"name": "title"}})
    assert inputs(record=moved).same_catalogue(built)
    assert not inputs(record=mapped).same_catalogue(built)
    assert not inputs(record=RECORD.model_copy(update={"currency": "EUR"})).same_catalogue(built)


def test_embedder_record_keeps_unknown_pooling() -> None:
    record = EmbedderRecord(
        model="m", sha256="e", dimension=8, pooling=None, query_instruction="q: "
    )
    assert EmbedderRecord.model_validate_json(record.model_dump_json()) == record
