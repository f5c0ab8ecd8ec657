"""A random embedder that reads single characters, so that no two texts are alike to it."""

import string
from pathlib import Path

import torch
from transformers import BertConfig, BertModel, BertTokenizerFast

DIMENSION = 32


def make_tiny_embedder(directory: Path, *, seed: int = 0) -> Path:
    """Write the model into a new directory and return that. Vectors have DIMENSION floats."""
    directory.mkdir(parents=True)
    letters = string.ascii_lowercase + string.digits + string.punctuation
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{c}" for c in letters)]
    (directory / "vocab.txt").write_text("\n".join(pieces), encoding="utf-8")
    tokenizer = BertTokenizerFast(str(directory / "vocab.txt"), model_max_length=64)
    tokenizer.save_pretrained(directory)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(pieces),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(directory)
    pooling = directory / "1_Pooling"
    pooling.mkdir()
    (pooling / "config.json").write_text(
        f'{{"word_embedding_dimension": {DIMENSION}, "pooling_mode_mean_tokens": true}}'
    )
    return directory
