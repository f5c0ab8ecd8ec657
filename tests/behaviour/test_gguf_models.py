import json
import shutil
from pathlib import Path

import gguf
import pytest
import torch
from transformers import AutoTokenizer, LlamaForCausalLM

from config.settings import Settings, WritingSettings
from pipeline.models import ModelError, load_writer
from pipeline.models import prepared as prepared_module
from tests.tiny_models import save_chatml

ASK = [{"role": "user", "content": "Introduce a jumper."}]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_chatml(tmp_path_factory.mktemp("gguf") / "source")


@pytest.fixture(scope="module")
def file(source: Path) -> Path:
    return save_gguf(source, source.parent / "tiny.gguf")


@pytest.fixture
def settings(file: Path, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", writing=WritingSettings(model=str(file)))


def save_gguf(source: Path, file: Path) -> Path:
    """Write a saved LLaMA as llama.cpp's converter does: rotary weights permuted, F32."""
    model = LlamaForCausalLM.from_pretrained(source)
    tokenizer = AutoTokenizer.from_pretrained(source)
    state = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    config = model.config
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(config.vocab_size)
    tokens = sorted(state["vocab"], key=state["vocab"].get)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokens)
    special = {token.content for token in tokenizer.added_tokens_decoder.values()}
    writer.add_token_types([3 if token in special else 1 for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in state["merges"]])
    writer.add_bos_token_id(tokenizer.bos_token_id)
    writer.add_eos_token_id(tokenizer.eos_token_id)
    writer.add_chat_template(tokenizer.chat_template)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, config.num_hidden_layers)
    for name, tensor in model.state_dict().items():
        heads = {
            "q_proj.weight": config.num_attention_heads,
            "k_proj.weight": config.num_key_value_heads,
        }.get(name.rpartition("self_attn.")[2])
        writer.add_tensor(
            names.get_name(name, try_suffixes=(".weight",)), _permuted(tensor, heads).numpy()
        )
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _permuted(tensor: torch.Tensor, heads: int | None) -> torch.Tensor:
    if heads is None:
        return tensor
    halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, -1)
    return halves.swapaxes(1, 2).reshape(tensor.shape)


def copies(settings: Settings) -> list[Path]:
    return list((settings.models_directory / "prepared").iterdir())


def test_a_gguf_model_computes_what_its_source_does(settings: Settings, source: Path) -> None:
    model = load_writer(settings)
    assert model.family == "chatml"
    ids = torch.tensor(model._tokenized([model.prompt_text(ASK)])["input_ids"])
    reference = LlamaForCausalLM.from_pretrained(source, dtype=model._model.dtype)
    with torch.inference_mode():
        expected = reference(ids).logits.float()
        found = model._model(ids).logits.float()
    assert torch.nn.functional.cosine_similarity(found, expected, dim=-1).min() > 0.999


def test_it_is_unpacked_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_writer(settings)
    (copy,) = copies(settings)
    monkeypatch.setattr(prepared_module, "_unpack", None)
    again = settings.model_copy(
        update={"writing": settings.writing.model_copy(update={"context_tokens": 512})}
    )
    second = load_writer(again)
    assert second is not first
    assert second.generate([ASK], max_new_tokens=8) == first.generate([ASK], max_new_tokens=8)
    assert copies(settings) == [copy]


def test_a_damaged_copy_is_made_again(settings: Settings) -> None:
    load_writer(settings)
    (copy,) = copies(settings)
    weights = copy / "model.safetensors"
    good = weights.read_bytes()
    weights.write_bytes(good[:-10])
    again = settings.model_copy(
        update={"writing": settings.writing.model_copy(update={"context_tokens": 600})}
    )
    load_writer(again)
    assert weights.read_bytes() == good
    assert copies(settings) == [copy]


def test_an_unpacking_that_breaks_off_leaves_nothing_to_be_read(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(located: object, target: Path) -> None:
        (target / "model.safetensors").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(prepared_module, "_unpack", broken)
        with pytest.raises(ModelError, match="No space left on device"):
            load_writer(settings)
    assert copies(settings) == []
    assert load_writer(settings).family == "chatml"


def test_a_file_that_is_no_gguf_is_a_sentence(settings: Settings, tmp_path: Path) -> None:
    shutil.copy(settings.writing.model, tmp_path / "cut.gguf")
    (tmp_path / "cut.gguf").write_bytes(Path(settings.writing.model).read_bytes()[:5000])
    writing = WritingSettings(model=str(tmp_path / "cut.gguf"))
    with pytest.raises(ModelError, match="cannot be read"):
        load_writer(settings.model_copy(update={"writing": writing}))


@pytest.mark.default_models
def test_the_default_writer_introduces_an_article(default_models: Settings) -> None:
    model = load_writer(default_models)
    (drafts,) = model.generate(
        [[{"role": "user", "content": "Describe a soft black wool jumper in one sentence."}]],
        max_new_tokens=40,
        candidates=2,
    )
    assert len(drafts) == 2
    assert "jumper" in drafts[0].lower() or "wool" in drafts[0].lower()
