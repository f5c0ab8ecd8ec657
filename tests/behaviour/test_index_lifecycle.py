"""An index from its first build to its verification, through the public functions."""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from haystack import Pipeline

from config.settings import HnswSettings, Settings
from pipeline.article import Article
from pipeline.index import (
    BuildReport,
    IndexStateError,
    IndexVersions,
    Progress,
    build_index,
    list_versions,
    open_index,
    rollback,
    status,
    verify,
)
from pipeline.index.build import build
from pipeline.indexing import ArticleBatch, ArticleChunker, indexing_pipeline
from pipeline.stores import open_store
from tests.index_shop import Row, answer, rows, shop_settings, write_catalogue
from tests.tiny_embedder import DIMENSION, make_tiny_embedder

pytestmark = pytest.mark.haystack

Edit = Callable[[list[Row]], None]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> tuple[Path, Path]:
    """A home with one version, to be copied, and its catalogue's rows beside it."""
    home = tmp_path_factory.mktemp("built")
    catalogue = write_catalogue(home / "articles.csv", rows(80))
    build(shop_settings(home, catalogue, tiny_embedder), full=False, report=lambda _: None)
    return home, tiny_embedder


@pytest.fixture
def shop(built: tuple[Path, Path], tmp_path: Path) -> Settings:
    home, embedder = built
    shutil.copytree(home, tmp_path / "home")
    return shop_settings(tmp_path / "home", tmp_path / "home" / "articles.csv", embedder)


def rebuild(settings: Settings, edit: Edit | None = None, *, full: bool = False) -> BuildReport:
    """Build in this process, after an edit of the catalogue."""
    if edit is not None:
        assert settings.catalogue.path is not None
        articles = rows(80)
        edit(articles)
        write_catalogue(settings.catalogue.path, articles)
    return build(settings, full=full, report=lambda _: None)


def with_index(settings: Settings, **values: object) -> Settings:
    return settings.model_copy(update={"index": settings.index.model_copy(update=values)})


def reprice(articles: list[Row]) -> None:
    articles[5]["product_code"] = "9999999"


def retell(articles: list[Row]) -> None:
    articles[5]["detail_desc"] = "Told anew."


def retell_many(articles: list[Row]) -> None:
    for article in articles[:40]:
        article["detail_desc"] += " Told anew."


def test_a_build_in_its_own_process_makes_an_index_that_answers(
    tmp_path: Path, tiny_embedder: Path
) -> None:
    catalogue = write_catalogue(tmp_path / "articles.csv", rows(80))
    settings = shop_settings(tmp_path / "home", catalogue, tiny_embedder)
    steps: list[Progress] = []
    report = build_index(settings, progress=steps.append)
    assert report.kind == "full"
    assert report.counts.articles == report.added == 80
    assert report.counts.texts == report.embedded == 60, "every fourth text is another's"
    assert report.counts.product_codes == 40
    stages = list(dict.fromkeys(step.stage for step in steps))
    assert stages == ["reading", "writing", "embedding", "optimizing", "verifying", "swapping"]
    embedded = [step for step in steps if step.stage == "embedding"]
    assert (embedded[-1].done, embedded[-1].total) == (60, 60)
    assert set(report.timings_s) == set(stages)
    assert answer(settings, "0000000004")[0] == "0000000004"
    assert verify(settings).problems == []
    assert status(settings).live == list_versions(settings)[0]

    again = build_index(settings, progress=steps.append)
    assert again.kind == "none"
    assert again.version == report.version
    assert IndexVersions(settings.index_directory).all() == [report.version]


def test_articles_that_share_a_text_share_its_vector(shop: Settings) -> None:
    opened = open_index(shop)
    vectors = opened.store.get_embeddings(["0000000002", "0000000003"])
    opened.close()
    assert vectors["0000000002"] == pytest.approx(vectors["0000000003"])


def test_a_rewritten_catalogue_without_a_change_makes_no_version(shop: Settings) -> None:
    before = IndexVersions(shop.index_directory).all()
    report = rebuild(shop, lambda articles: articles.reverse())
    assert report.kind == "none"
    assert report.reason == "no article changed"
    assert IndexVersions(shop.index_directory).all() == before
    assert IndexVersions(shop.index_directory).leftovers() == []


def test_a_refresh_embeds_only_new_texts(shop: Settings) -> None:
    def edit(articles: list[Row]) -> None:
        retell(articles)
        del articles[8]
        articles.append(rows(82)[81])  # new, with a text of its own
        articles.append({**rows(4)[3], "article_id": "0000000900"})  # new, with a known text

    report = rebuild(shop, edit)
    assert report.kind == "refresh"
    assert (report.added, report.changed, report.removed) == (2, 1, 1)
    assert report.embedded == 2
    assert report.counts.articles == 81
    assert answer(shop, "0000000081")[0] == "0000000081"
    assert "0000000900" in answer(shop, "0000000003")
    opened = open_index(shop)
    told = opened.store.filter_documents(
        {"field": "meta.article_id", "operator": "in", "value": ["0000000005", "0000000008"]}
    )
    opened.close()
    assert [document.meta["description"] for document in told] == ["Told anew."]
    assert verify(shop).problems == []


def test_a_change_beside_the_text_embeds_nothing(shop: Settings) -> None:
    report = rebuild(shop, reprice)
    assert (report.kind, report.changed, report.embedded) == ("refresh", 1, 0)


def test_many_changes_build_anew_with_the_known_vectors(shop: Settings) -> None:
    report = rebuild(shop, retell_many)
    assert report.kind == "full"
    assert report.reason == "50.0% of the articles changed"
    assert report.embedded == 30
    assert verify(shop).problems == []


def test_a_refresh_is_the_same_index_as_a_full_build(shop: Settings, tmp_path: Path) -> None:
    rebuild(shop, retell)
    assert shop.catalogue.path is not None
    embedder = Path(shop.embedding.model)
    anew = shop_settings(tmp_path / "anew", shop.catalogue.path, embedder)
    build(anew, full=True, report=lambda _: None)
    documents = []
    for settings in (shop, anew):
        opened = open_index(settings)
        found = sorted(opened.store.filter_documents(), key=lambda document: document.id)
        opened.close()
        documents.append(found)
    refreshed, fresh = documents
    assert [d.to_dict() | {"embedding": None} for d in refreshed] == [
        d.to_dict() | {"embedding": None} for d in fresh
    ]
    for one, other in zip(refreshed, fresh, strict=True):
        assert one.embedding == pytest.approx(other.embedding, abs=1e-5)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"quantization": "scalar"}, "the setting index.quantization changed"),
        ({"hnsw": HnswSettings(m=8)}, "the setting index.hnsw changed"),
    ],
    ids=["quantization", "hnsw"],
)
def test_other_storage_builds_anew_from_the_known_vectors(
    shop: Settings, change: dict[str, object], reason: str
) -> None:
    changed = with_index(shop, **change)
    with pytest.raises(IndexStateError, match="was built with index") as caught:
        open_index(changed)
    assert "lookbook index build" in caught.value.mend
    report = rebuild(changed)
    assert (report.kind, report.reason, report.embedded) == ("full", reason, 0)
    assert answer(changed, "0000000004")[0] == "0000000004"


def test_another_embedder_is_refused_until_everything_is_embedded_again(
    shop: Settings, tmp_path: Path
) -> None:
    other = make_tiny_embedder(tmp_path / "other", seed=1)
    embedding = shop.embedding.model_copy(update={"model": str(other)})
    changed = shop.model_copy(update={"embedding": embedding})
    with pytest.raises(IndexStateError, match="made with the embedder") as caught:
        open_index(changed)
    assert "lookbook index build" in caught.value.mend
    assert any("made with the embedder" in p.problem for p in verify(changed).problems)
    report = rebuild(changed)
    assert report.kind == "full"
    assert report.embedded == report.counts.texts
    assert open_index(changed).version == report.version


def test_rejected_and_repeated_rows_are_counted_and_kept_for_reading(shop: Settings) -> None:
    def edit(articles: list[Row]) -> None:
        articles[0]["article_id"] = ""
        articles.append({**articles[1], "detail_desc": "The last one counts."})

    report = rebuild(shop, edit)
    assert report.counts.quarantined == 1
    assert report.counts.duplicates == 1
    assert report.counts.articles == 79
    directory = IndexVersions(shop.index_directory).path(report.version)
    entries = list(map(json.loads, (directory / "quarantine.jsonl").read_text().splitlines()))
    assert len(entries) == 2
    opened = open_index(shop)
    (document,) = opened.store.filter_documents(
        {"field": "meta.article_id", "operator": "==", "value": "0000000001"}
    )
    opened.close()
    assert document.meta["description"] == "The last one counts."


def test_old_versions_go_and_an_open_reader_is_not_disturbed(shop: Settings) -> None:
    reader = open_index(shop)
    for text in ("one", "two", "three"):
        rebuild(shop, lambda articles, text=text: articles[5].update(detail_desc=text))  # type: ignore[misc]
    assert len(IndexVersions(shop.index_directory).all()) == 2
    assert not reader.directory.exists()
    (document,) = reader.store.filter_documents(
        {"field": "meta.article_id", "operator": "==", "value": "0000000005"}
    )
    assert document.meta["description"].startswith("Piece number 5")
    reader.close()


def test_rollback_brings_the_version_before_back(shop: Settings) -> None:
    first = IndexVersions(shop.index_directory).current()
    second = rebuild(shop, retell).version
    assert [info.rollback_target for info in list_versions(shop)] == [True, False]
    assert rollback(shop) == first
    assert open_index(shop).version == first
    assert rollback(shop, second) == second
    assert open_index(shop).version == second


def test_rollback_without_an_earlier_version_is_said(shop: Settings, tmp_path: Path) -> None:
    with pytest.raises(IndexStateError, match="no earlier version"):
        rollback(shop)
    with pytest.raises(IndexStateError, match="no index version 'x'"):
        rollback(shop, "x")
    with pytest.raises(IndexStateError, match="no index in"):
        rollback(shop.model_copy(update={"home": tmp_path / "nowhere"}))


def test_no_index_is_said_with_the_command_that_makes_one(shop: Settings, tmp_path: Path) -> None:
    nowhere = shop.model_copy(update={"home": tmp_path / "nowhere"})
    with pytest.raises(IndexStateError, match="no index in") as caught:
        open_index(nowhere)
    assert caught.value.mend == "Run `lookbook index build`."
    assert [p.problem for p in verify(nowhere).problems] == [caught.value.problem]
    assert status(nowhere).live is None


def remove_vocabulary(directory: Path) -> None:
    (directory / "vocabulary.json").unlink()


def add_a_file(directory: Path) -> None:
    (directory / "shard" / "notes.txt").write_text("mine")


def flip_a_byte(directory: Path) -> None:
    path = max((directory / "shard").rglob("*.dat"), key=lambda file: file.stat().st_size)
    with path.open("r+b") as stream:
        byte = stream.read(1)
        stream.seek(0)
        stream.write(bytes([byte[0] ^ 1]))


def cut_the_fingerprints(directory: Path) -> None:
    (directory / "fingerprints.parquet").write_bytes(b"PAR1")


def lie_about_the_count(directory: Path) -> None:
    path = directory / "manifest.json"
    values = json.loads(path.read_text())
    values["counts"]["articles"] = 81
    path.write_text(json.dumps(values))


def remove_the_manifest(directory: Path) -> None:
    (directory / "manifest.json").unlink()


def remove_everything(directory: Path) -> None:
    shutil.rmtree(directory)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (remove_vocabulary, "lacks vocabulary.json"),
        (add_a_file, "holds shard/notes.txt that manifest.json does not list"),
        (flip_a_byte, "is damaged: shard/"),
        (cut_the_fingerprints, "is damaged: fingerprints.parquet"),
        (lie_about_the_count, "holds 80 articles instead of 81"),
        (remove_the_manifest, "is incomplete"),
        (remove_everything, "which is not there"),
    ],
)
def test_verify_says_what_is_wrong_and_a_build_mends_it(
    shop: Settings, damage: Callable[[Path], None], said: str
) -> None:
    version = IndexVersions(shop.index_directory).current()
    assert version is not None
    damage(IndexVersions(shop.index_directory).path(version))
    report = verify(shop)
    assert not report.sound
    assert said in report.problems[0].problem
    assert "lookbook index" in report.problems[0].mend
    rebuild(shop, full=True)
    assert verify(shop).problems == []


@pytest.mark.parametrize("damage", [b"", b'{"format": 2, "version'], ids=["emptied", "cut"])
def test_a_damaged_manifest_is_never_half_read_and_the_next_build_starts_anew(
    shop: Settings, damage: bytes
) -> None:
    version = IndexVersions(shop.index_directory).current()
    assert version is not None
    (IndexVersions(shop.index_directory).path(version) / "manifest.json").write_bytes(damage)
    with pytest.raises(IndexStateError, match="damaged") as caught:
        open_index(shop)
    assert "lookbook index build" in caught.value.mend
    assert [info.manifest for info in list_versions(shop)] == [None]
    report = rebuild(shop)
    assert report.kind == "full"
    assert report.reason == "there is no sound live version to build upon"
    assert open_index(shop).version == report.version


def test_a_build_repairs_a_version_whose_files_are_gone_though_nothing_changed(
    shop: Settings,
) -> None:
    version = IndexVersions(shop.index_directory).current()
    assert version is not None
    remove_vocabulary(IndexVersions(shop.index_directory).path(version))
    report = rebuild(shop)
    assert report.kind == "full"
    assert verify(shop).problems == []


def test_the_indexing_pipeline_comes_back_from_yaml(
    shop: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HAYSTACK_DESERIALIZATION_ALLOWLIST", "pipeline.*")
    store = open_store(
        shop.index, location=tmp_path / "shard", dimension=DIMENSION, read_only=False
    )
    text = indexing_pipeline(shop, store).dumps()
    loaded = Pipeline.loads(text)
    assert loaded.dumps() == text
    article = Article(id="1", product_code="1", name="Tee", product_type="T-shirt")
    known = Article(id="2", product_code="1", name="Tee", product_type="T-shirt", price=9.0)
    outputs = loaded.run(
        {"chunker": {"batch": ArticleBatch([article, known], {"2": [1.0] * DIMENSION})}}
    )
    assert outputs["writer"]["documents_written"] == 2
    written = loaded.get_component("writer").document_store
    vectors = written.get_embeddings(["1", "2"])
    assert len(vectors["1"]) == DIMENSION
    assert vectors["2"] == pytest.approx([DIMENSION**-0.5] * DIMENSION)
    written.close()


def test_the_chunker_keeps_known_vectors_apart_and_adds_features() -> None:
    articles = [
        Article(id=str(n), product_code="1", name="Dress", product_type="Dress") for n in range(2)
    ]
    outputs = ArticleChunker().run(batch=ArticleBatch(articles, {"1": [0.5]}))
    assert [document.id for document in outputs["to_embed"]] == ["0"]
    assert [document.embedding for document in outputs["embedded"]] == [[0.5]]
    assert outputs["to_embed"][0].content == "Dress - Dress"


def test_a_pipeline_does_not_copy_a_batch() -> None:
    batch = ArticleBatch([], {"1": [0.5]})
    assert copy.deepcopy(batch) is batch, "copying the vectors took longer than writing them"
