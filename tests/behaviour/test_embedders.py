from collections.abc import Callable
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
import torch
from haystack import Document, Pipeline
from sentence_transformers import SentenceTransformer
from transformers import AutoModel, AutoTokenizer

from config.settings import EmbeddingSettings, Settings
from pipeline.models import DocumentEmbedder, ModelError, TextEmbedder
from pipeline.models import encoder as encoder_module
from pipeline.models.linear_layers import EightBitLinear, PackedLinear, in_eight_bits, packed
from tests.tiny_models import CORPUS, save_bert, save_mpnet

pytestmark = pytest.mark.haystack

TEXTS = [" ".join(text.split()[:length]) for text in CORPUS for length in (1, 3, 7, 20)]
SAVERS: dict[str, Callable[[Path], Path]] = {
    "mean": lambda directory: save_bert(directory, pooling="mean"),
    "cls": lambda directory: save_bert(directory, pooling="cls"),
    "mpnet": save_mpnet,
}


@pytest.fixture(params=SAVERS)
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return SAVERS[request.param](tmp_path / "model")


def text_embedder(model: Path | str, home: Path, **options: object) -> TextEmbedder:
    return TextEmbedder(str(model), str(home), **{"dtype": "float32", **options})


def document_embedder(model: Path | str, home: Path, **options: object) -> DocumentEmbedder:
    return DocumentEmbedder(str(model), str(home), **{"dtype": "float32", **options})


def embedded(embedder: DocumentEmbedder, texts: list[str]) -> np.ndarray:
    documents = [Document(id=str(n), content=text) for n, text in enumerate(texts)]
    return np.array([document.embedding for document in embedder.run(documents)["documents"]])


def stock(model: Path, texts: list[str]) -> np.ndarray:
    reference = SentenceTransformer(str(model), device="cpu", local_files_only=True)
    return reference.encode(texts, normalize_embeddings=True)


def test_embeddings_are_those_of_sentence_transformers(model: Path, tmp_path: Path) -> None:
    ours = embedded(document_embedder(model, tmp_path), TEXTS)
    np.testing.assert_allclose(ours, stock(model, TEXTS), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, atol=1e-5)


def test_bfloat16_keeps_the_direction(model: Path, tmp_path: Path) -> None:
    ours = embedded(document_embedder(model, tmp_path, dtype="bfloat16"), TEXTS)
    cosines = (ours * stock(model, TEXTS)).sum(axis=1)
    assert cosines.mean() > 0.999


def test_query_and_document_of_one_text_are_one_vector(model: Path, tmp_path: Path) -> None:
    query = text_embedder(model, tmp_path).run("a black jumper")["embedding"]
    (document,) = embedded(document_embedder(model, tmp_path), ["a black jumper"])
    # A query's weights are in 8 bits.
    np.testing.assert_allclose(query, document, atol=1e-3)
    assert query @ document > 0.999
    assert np.linalg.norm(query) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_batches_and_windows_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch_size: int
) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    whole = embedded(document_embedder(model, tmp_path), TEXTS)
    monkeypatch.setattr(encoder_module, "_WINDOW", 5)
    small = embedded(document_embedder(model, tmp_path, batch_size=batch_size), TEXTS)
    np.testing.assert_allclose(small, whole, atol=1e-5)


def test_a_text_longer_than_the_model_reads_is_cut(model: Path, tmp_path: Path) -> None:
    long = "a black jumper with a hood " * 100
    np.testing.assert_allclose(
        embedded(document_embedder(model, tmp_path), [long]), stock(model, [long]), atol=1e-5
    )


def test_each_distinct_text_is_embedded_once_and_progress_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    embedder = document_embedder(model, tmp_path, batch_size=1)
    seen: list[int] = []
    original = encoder_module.Encoder._forward
    monkeypatch.setattr(
        encoder_module.Encoder,
        "_forward",
        lambda self, tokens: (seen.append(len(tokens)), original(self, tokens))[1],
    )
    documents = [Document(id=str(n), content=TEXTS[n % 3]) for n in range(30)]
    told: list[tuple[int, int]] = []
    result = embedder.run(documents, progress=lambda *step: told.append(step))["documents"]
    assert sum(seen) == 3
    assert told[-1] == (3, 3)
    assert [document.id for document in result] == [document.id for document in documents]
    assert result[0].embedding == result[3].embedding != result[1].embedding
    assert documents[0].embedding is None


def test_no_documents_make_no_documents(tmp_path: Path) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    assert document_embedder(model, tmp_path).run([]) == {"documents": []}


def test_a_document_without_text_gets_the_vector_of_no_text(tmp_path: Path) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    (document,) = document_embedder(model, tmp_path).run([Document(id="1")])["documents"]
    np.testing.assert_allclose(document.embedding, stock(model, [""])[0], atol=1e-5)


def test_bge_without_pooling_files_is_pooled_by_its_card(tmp_path: Path) -> None:
    directory = save_bert(tmp_path / "BAAI--bge-small-en", hidden=384)
    (ours,) = embedded(document_embedder("bge-small-en", tmp_path), ["a black jumper"])
    tokens = AutoTokenizer.from_pretrained(directory)(["a black jumper"], return_tensors="pt")
    with torch.inference_mode():
        hidden = AutoModel.from_pretrained(directory)(**tokens).last_hidden_state[0]
    first = torch.nn.functional.normalize(hidden[0], dim=0).numpy()
    mean = torch.nn.functional.normalize(hidden.mean(dim=0), dim=0).numpy()
    np.testing.assert_allclose(ours, first, atol=1e-5)
    assert np.abs(ours - mean).max() > 1e-3


def test_the_query_instruction_stands_before_queries_only(tmp_path: Path) -> None:
    save_bert(tmp_path / "BAAI--bge-small-en", hidden=384)
    instruction = "Represent this sentence for searching relevant passages: "
    query = text_embedder("bge-small-en", tmp_path).run("a jumper")["embedding"]
    own = text_embedder("bge-small-en", tmp_path, query_instruction="").run("a jumper")
    documents = embedded(
        document_embedder("bge-small-en", tmp_path), [f"{instruction}a jumper", "a jumper"]
    )
    # A query's weights are in 8 bits.
    np.testing.assert_allclose(query, documents[0], atol=2e-3)
    np.testing.assert_allclose(own["embedding"], documents[1], atol=2e-3)
    assert np.abs(query - own["embedding"]).max() > 5e-3


def test_a_model_that_does_not_say_how_it_pools_is_refused(tmp_path: Path) -> None:
    model = save_bert(tmp_path / "model")
    with pytest.raises(ModelError, match="does not say how it pools"):
        text_embedder(model, tmp_path).warm_up()


def test_a_known_name_with_other_dimensions_is_refused(tmp_path: Path) -> None:
    save_bert(tmp_path / "BAAI--bge-small-en", hidden=64)
    with pytest.raises(ModelError, match="vectors of 64 floats, expected 384"):
        text_embedder("bge-small-en", tmp_path).warm_up()


@pytest.mark.parametrize("kept", [0, 100, -100])
def test_damaged_weights_are_a_sentence(tmp_path: Path, kept: int) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    file = model / "model.safetensors"
    file.write_bytes(file.read_bytes()[:kept])
    with pytest.raises(ModelError, match="cannot be loaded"):
        text_embedder(model, tmp_path).warm_up()


def test_weights_of_another_digest_are_not_loaded(tmp_path: Path) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    with pytest.raises(ModelError, match="its SHA-256 is"):
        text_embedder(model, tmp_path, sha256="0" * 64).warm_up()


def test_a_missing_model_costs_nothing_before_warm_up(tmp_path: Path) -> None:
    embedder = text_embedder("all-mpnet-base-v2", tmp_path)
    with pytest.raises(ModelError, match="lookbook models fetch all-mpnet-base-v2"):
        embedder.run("a jumper")


def test_both_embedders_share_one_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    loads: list[object] = []
    original = encoder_module._load
    monkeypatch.setattr(
        encoder_module, "_load", lambda *args: (loads.append(args), original(*args))[1]
    )
    text_embedder(model, tmp_path).warm_up()
    document_embedder(model, tmp_path).warm_up()
    assert len(loads) == 1


def test_a_repeated_query_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = text_embedder(save_bert(tmp_path / "model", pooling="mean"), tmp_path)
    first = embedder.run("a jumper")["embedding"]
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0
    monkeypatch.setattr(encoder_module.Encoder, "encode_query", None)
    assert embedder.run("a jumper")["embedding"] is first


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_query_gets_the_same_vector_alone_as_among_articles(tmp_path: Path, dtype: str) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    texts = ["a", "a black jumper", "a long black jumper in wool " * 10]
    together = embedded(document_embedder(model, tmp_path, dtype=dtype), texts)
    queries = text_embedder(model, tmp_path, dtype=dtype)
    alone = np.array([queries.run(text)["embedding"] for text in texts])
    np.testing.assert_allclose(alone, together, atol=1e-3 if dtype == "float32" else 1e-2)


def test_queries_and_articles_may_be_embedded_at_the_same_time(tmp_path: Path) -> None:
    model = save_bert(tmp_path / "model", pooling="mean")
    queries, articles = text_embedder(model, tmp_path), document_embedder(model, tmp_path)
    expected = stock(model, TEXTS)
    failures: list[object] = []

    def check(embed: Callable[[], np.ndarray]) -> None:
        try:
            np.testing.assert_allclose(embed(), expected, atol=1e-3)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test reports it
            failures.append(error)

    def one_by_one() -> np.ndarray:
        return np.array([queries.run(text)["embedding"] for text in TEXTS])

    threads = [
        Thread(target=check, args=(embed,))
        for embed in (one_by_one, lambda: embedded(articles, TEXTS)) * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_components_come_back_from_yaml_and_know_no_secret(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        embedding=EmbeddingSettings(model="acme/e", dtype="bfloat16", batch_size=7, sha256="ab"),
    )
    pipeline = Pipeline()
    pipeline.add_component("text", TextEmbedder.from_settings(settings))
    pipeline.add_component("documents", DocumentEmbedder.from_settings(settings))
    for name in ("text", "documents"):
        component = pipeline.get_component(name)
        again = type(component).from_dict(component.to_dict())
        assert again.to_dict() == component.to_dict()
        assert again.model == "acme/e"
        assert again.models_directory == str(tmp_path / "models")
        assert again.sha256 == "ab"
    assert pipeline.get_component("documents").batch_size == 7


def test_a_query_costs_no_second_copy_of_what_is_not_multiplied(tmp_path: Path) -> None:
    odd = torch.nn.Linear(4, 24)
    model = torch.nn.Sequential(torch.nn.Embedding(50, 64), torch.nn.Linear(64, 4, bias=False), odd)
    light = in_eight_bits(model)
    assert light[0].weight is model[0].weight
    assert isinstance(model[1], torch.nn.Linear)
    assert isinstance(light[1], EightBitLinear)
    # The kernel takes 32 inputs at a time and would read beyond the end of these.
    assert isinstance(light[2], torch.nn.Linear)
    rows = torch.tensor([[1, 2, 3]])
    torch.testing.assert_close(light(rows), model(rows), atol=2e-2, rtol=0)


def test_layers_packed_for_many_texts_give_what_they_gave() -> None:
    odd = torch.nn.Linear(5, 7, bias=False)
    model = torch.nn.Sequential(torch.nn.Embedding(50, 64), torch.nn.Linear(64, 5), odd)
    quick = packed(model)
    assert quick[0].weight is model[0].weight
    assert isinstance(model[1], torch.nn.Linear)
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        assert isinstance(quick[1], PackedLinear)
    else:
        assert quick is model
    rows = torch.arange(50).reshape(5, 10)
    with torch.inference_mode():
        torch.testing.assert_close(quick(rows).float(), model(rows), atol=2e-2, rtol=0)
