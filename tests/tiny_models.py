"""Random models of the real architectures and tokenizer families, small enough for a test.

They are saved as the hub's models are, so that the product's own loading is what is tested.
"""
# ruff: noqa: RUF001 - DeepSeek's tokens have wide bars; tokens are not passwords

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
)

BOS, EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"
CORPUS = [
    "User: Introduce a black jumper with a hood. Assistant: A soft black jumper for cold evenings.",
    "This dress in dark red crepe has a V-neck and a wide skirt, for summer days and long walks.",
    "system user assistant You write short sentences for a shop that sells clothes.",
]
DEEPSEEK_TEMPLATE = (
    "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}"
    "{% endif %}{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ 'User: ' + message['content'] + '\n\n' }}{% elif message['role'] == 'assistant' %}"
    "{{ 'Assistant: ' + message['content'] + eos_token }}{% elif message['role'] == 'system' %}"
    "{{ message['content'] + '\n\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)
MISTRAL_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{{ '[INST] ' + message['content'] + '[/INST]' }}{% elif message['role'] == 'assistant' %}"
    "{{ ' ' + message['content'] + eos_token }}"
    "{% else %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}"
    "{% endfor %}"
)
CHATML_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are somebody<|im_end|>\n' }}{% endif %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def save_deepseek(directory: Path, *, layers: int = 2, hidden: int = 64) -> Path:
    """DeepSeek-LLM's kind: LLaMA, byte-level BPE that adds a BOS by itself, its template."""
    tokenizer = _byte_level_bpe([BOS, EOS])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return _save_llama(
        directory, tokenizer, DEEPSEEK_TEMPLATE, bos=BOS, eos=EOS, layers=layers, hidden=hidden
    )


def save_chatml(directory: Path) -> Path:
    """SmolLM2's kind: LLaMA, byte-level BPE, ChatML with a system message of its own."""
    tokenizer = _byte_level_bpe(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    return _save_llama(
        directory, tokenizer, CHATML_TEMPLATE, bos="<|im_start|>", eos="<|endoftext|>"
    )


def save_mistral(directory: Path) -> Path:
    """Mistral-7B-Instruct-v0.3's kind: sentencepiece-like BPE, a template without system."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    # Sentencepiece learns no token that spans words, and needs no pre-tokenizer afterwards.
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    special = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    state = json.loads(tokenizer.to_str()) | {"pre_tokenizer": None}
    for byte in range(256):
        state["model"]["vocab"].setdefault(f"<0x{byte:02X}>", len(state["model"]["vocab"]))
    tokenizer = Tokenizer.from_str(json.dumps(state))
    config = MistralConfig(**_sizes(tokenizer), num_key_value_heads=2, sliding_window=None)
    torch.manual_seed(0)
    MistralForCausalLM(config).save_pretrained(directory)
    _save_tokenizer(directory, tokenizer, MISTRAL_TEMPLATE, bos="<s>", eos="</s>")
    return directory


def save_adapter(
    directory: Path, base: Path, *, base_name: str | None = None, seed: int = 1
) -> Path:
    """Save a LoRA adapter with random weights (not the usual zeros) for a saved LLaMA."""
    torch.manual_seed(seed)
    model = get_peft_model(
        LlamaForCausalLM.from_pretrained(base),
        LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False),
    )
    model.save_pretrained(directory)
    file = directory / "adapter_config.json"
    config = json.loads(file.read_text()) | {"base_model_name_or_path": base_name or str(base)}
    file.write_text(json.dumps(config))
    return directory


def save_bert(directory: Path, *, hidden: int = 32, pooling: str | None = None) -> Path:
    """BERT with its wordpieces; `pooling` "cls" or "mean" adds sentence-transformers' files."""
    _save_bert(directory, BertModel, hidden=hidden)
    if pooling is not None:
        _save_sentence_transformer(directory, hidden, pooling)
    return directory


def save_cross_encoder(directory: Path, *, scores: int = 1) -> Path:
    """BERT that gives a pair of texts `scores` numbers, as the hub's cross-encoders are saved."""
    return _save_bert(directory, BertForSequenceClassification, hidden=32, num_labels=scores)


def _save_bert(directory: Path, kind: type[Any], *, hidden: int, **config: int) -> Path:
    tokenizer = _wordpieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[UNK]")
    special = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=special
    )
    torch.manual_seed(0)
    sizes = BertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=64,
        **config,
    )
    kind(sizes).save_pretrained(directory)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=64,
    ).save_pretrained(directory)
    return directory


def save_mpnet(directory: Path, *, hidden: int = 32, pooling: str = "mean") -> Path:
    """MPNet, whose padding token is 1 and whose positions start behind it."""
    tokenizer = _wordpieces(["<s>", "<pad>", "</s>", "[UNK]", "<mask>"], "[UNK]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("<s>", "</s>")],
    )
    torch.manual_seed(0)
    config = MPNetConfig(
        vocab_size=tokenizer.get_vocab_size(),
        hidden_size=hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=2 * hidden,
        max_position_embeddings=66,
    )
    MPNetModel(config).save_pretrained(directory)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="<pad>", unk_token="[UNK]", model_max_length=64
    ).save_pretrained(directory)
    _save_sentence_transformer(directory, hidden, pooling)
    return directory


def _save_sentence_transformer(directory: Path, hidden: int, pooling: str) -> None:
    package = "sentence_transformers.models"
    modules = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (directory / "modules.json").write_text(
        json.dumps(
            [
                {"idx": number, "name": str(number), "path": path, "type": f"{package}.{name}"}
                for number, (path, name) in enumerate(modules)
            ]
        )
    )
    (directory / "1_Pooling").mkdir()
    (directory / "1_Pooling" / "config.json").write_text(
        json.dumps(
            {
                "word_embedding_dimension": hidden,
                "pooling_mode_cls_token": pooling == "cls",
                "pooling_mode_mean_tokens": pooling == "mean",
            }
        )
    )


def _byte_level_bpe(special: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _wordpieces(special: list[str], unknown: str) -> Tokenizer:
    tokenizer = Tokenizer(models.WordPiece(unk_token=unknown))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def _save_llama(
    directory: Path,
    tokenizer: Tokenizer,
    template: str,
    *,
    bos: str,
    eos: str,
    layers: int = 2,
    hidden: int = 64,
) -> Path:
    config = LlamaConfig(**_sizes(tokenizer, layers=layers, hidden=hidden))
    config.bos_token_id = tokenizer.token_to_id(bos)
    config.eos_token_id = tokenizer.token_to_id(eos)
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(directory)
    _save_tokenizer(directory, tokenizer, template, bos=bos, eos=eos)
    return directory


def _sizes(tokenizer: Tokenizer, *, layers: int = 2, hidden: int = 64) -> dict[str, int]:
    return {
        "vocab_size": tokenizer.get_vocab_size(),
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "max_position_embeddings": 8192,
    }


def _save_tokenizer(
    directory: Path, tokenizer: Tokenizer, template: str, *, bos: str, eos: str
) -> None:
    saved = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=bos, eos_token=eos)
    saved.chat_template = template
    saved.save_pretrained(directory)
