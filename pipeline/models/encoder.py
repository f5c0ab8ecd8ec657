"""A sentence-transformers model driven for throughput on a CPU.

Against `SentenceTransformer.encode`: batches hold a budget of tokens rather than a number of
texts, texts of like length share a batch, matrices are multiplied in bfloat16 where the
processor does that in hardware, their weights laid out for it once, and the next texts are
tokenized while the model works.
"""

import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from threading import Lock
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import torch
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Pooling

from pipeline.models.cards import ModelCard
from pipeline.models.errors import ModelError
from pipeline.models.linear_layers import in_eight_bits, packed
from pipeline.models.loading import LOADING
from pipeline.models.locating import LocatedModel, find, verified

Dtype = Literal["auto", "float32", "bfloat16"]
Vectors = npt.NDArray[np.float32]

# Texts tokenized at a time: enough to sort by length, little enough to keep memory flat.
_WINDOW = 512

# A query is too short to share between threads, which then only wait for each other: alone on two
# cores two threads gained nothing, beside other work they made it twenty times slower.
_THREADS = torch.get_num_threads()


class Encoder:
    """Texts to vectors of unit length, float32, `dimension` floats each. Safe to share."""

    def __init__(self, model: SentenceTransformer, card: ModelCard, dtype: torch.dtype) -> None:
        self.card = card
        self._transformer: Any
        self._transformer, *self._rest = model
        self._dtype = dtype
        for module in self._transformer.modules():
            if isinstance(module, torch.nn.Linear):
                module.to(dtype)
        self._transformer.requires_grad_(requires_grad=False)
        self._device = model.device
        self._tokenizer = model.tokenizer
        # A fast tokenizer holds its truncation as state: two threads in it fail.
        self._tokenizer_lock = Lock()
        self.max_tokens = int(model.max_seq_length or self._tokenizer.model_max_length)
        self.dimension = int(model.get_embedding_dimension() or 0)
        self._query_lock = Lock()
        self._traced = self._trace()
        if self._device.type == "cpu" and dtype == torch.bfloat16:
            self._transformer = packed(self._transformer)
            # Over many texts of some 45 tokens, torch's fused attention takes a sixth of the time
            # in bfloat16, and plain products of matrices half of that. For one text it is quicker.
            self._transformer.model.set_attn_implementation("eager")

    def encode(
        self,
        texts: Sequence[str],
        *,
        tokens_per_batch: int = 2048,
        progress: Callable[[int, int], None] | None = None,
    ) -> Vectors:
        """Return the vectors of the texts, shape (texts, dimension), in their order.

        A text longer than `max_tokens` is cut there. `progress` is called with (done, total).
        """
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        if not texts:
            return vectors
        longest_first = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        done = 0
        for rows, tokens in self._tokenized(texts, longest_first):
            for batch in _batches(tokens, tokens_per_batch):
                vectors[[rows[i] for i in batch]] = self._forward([tokens[i] for i in batch])
                done += len(batch)
                if progress is not None:
                    progress(done, len(texts))
        return vectors

    def encode_query(self, text: str) -> Vectors:
        """Return the vector of one short text, shape (dimension,).

        On a processor it is made with 8-bit weights, and its cosine with what `encode` makes of the
        same text is above 0.999.
        """
        ids = torch.tensor(self._tokenize([text]), device=self._device)
        with self._query_lock, torch.inference_mode():
            torch.set_num_threads(1)
            try:
                vector: Vectors = self._traced(ids)[0].cpu().numpy()
            finally:
                torch.set_num_threads(_THREADS)
        return vector

    def _trace(self) -> Callable[[torch.Tensor], torch.Tensor]:
        """Return the model recorded once for a single text of any length.

        Of the milliseconds that a short text takes, half go into walking the modules in Python, and
        most of the rest into fetching the weights.
        """
        light = self._device.type == "cpu"
        transformer = in_eight_bits(self._transformer) if light else self._transformer

        def embed(ids: torch.Tensor) -> torch.Tensor:
            return self._embed(ids, torch.ones_like(ids), transformer)

        example = torch.tensor(self._tokenize(["a text to record"]), device=self._device)
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # what depends on the length is compared just below
            traced: Callable[[torch.Tensor], torch.Tensor] = torch.jit.trace(
                embed, (example,), check_trace=False
            )  # type: ignore[no-untyped-call]
            longer = torch.tensor(
                self._tokenize(["a longer text than the one it was recorded with"]),
                device=self._device,
            )
            same = torch.allclose(traced(longer), embed(longer), atol=1e-3)
        return traced if same else embed

    def _tokenized(
        self, texts: Sequence[str], order: list[int]
    ) -> Iterator[tuple[Sequence[int], list[list[int]]]]:
        """Yield windows of rows with their tokens, one window ahead of the caller."""
        windows = [order[start : start + _WINDOW] for start in range(0, len(order), _WINDOW)]

        def tokenize(window: Sequence[int]) -> list[list[int]]:
            return self._tokenize([texts[row] for row in window])

        with ThreadPoolExecutor(1) as ahead:
            coming = ahead.submit(tokenize, windows[0])
            for window, following in zip_longest(windows, windows[1:], fillvalue=()):
                tokens = coming.result()
                coming = ahead.submit(tokenize, following)
                yield window, tokens

    def _tokenize(self, texts: list[str]) -> list[list[int]]:
        if not texts:
            return []
        with self._tokenizer_lock:
            encoded = self._tokenizer(
                texts,
                truncation=True,
                max_length=self.max_tokens,
                return_attention_mask=False,
                return_token_type_ids=False,
            )
        tokens: list[list[int]] = encoded["input_ids"]
        return tokens

    @torch.inference_mode()
    def _forward(self, tokens: list[list[int]]) -> Vectors:
        lengths = np.array([len(row) for row in tokens])
        ids = np.full((len(tokens), lengths.max()), self._tokenizer.pad_token_id, dtype=np.int64)
        for row, values in zip(ids, tokens, strict=True):
            row[: len(values)] = values
        mask = (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
        embedding = self._embed(
            torch.from_numpy(ids).to(self._device),
            torch.from_numpy(mask).to(self._device),
            self._transformer,
        )
        vectors: Vectors = embedding.cpu().numpy()
        return vectors

    def _embed(
        self, ids: torch.Tensor, mask: torch.Tensor, transformer: torch.nn.Module
    ) -> torch.Tensor:
        features = {"input_ids": ids, "attention_mask": mask}
        # Only the matrix products gain from reduced precision; norms, residuals and pooling in it
        # would cost neighbours.
        reduced = self._dtype != torch.float32
        with torch.autocast(self._device.type, self._dtype, enabled=reduced):
            features = transformer(features)
        features["token_embeddings"] = features["token_embeddings"].float()
        for module in self._rest:
            features = module(features)
        return torch.nn.functional.normalize(features["sentence_embedding"], dim=1)


def load_encoder(model: str, models_directory: Path, sha256: str, dtype: Dtype) -> Encoder:
    """Return the encoder of a model, one per process: queries and articles share its memory.

    Raises ModelError: as `locate`, and for files that do not make an embedder.
    """
    with LOADING:
        return _encoder(model, models_directory, sha256, dtype)


@lru_cache(maxsize=2)
def _encoder(model: str, models_directory: Path, sha256: str, dtype: Dtype) -> Encoder:
    located = verified(find(model, "embedder", models_directory), models_directory, sha256=sha256)
    if located.is_gguf:
        raise ModelError(
            f"The embedder {model} is a GGUF file.",
            "Name a sentence-transformers model with safetensors weights.",
        )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        loaded = _load(located, device)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError, ImportError) as error:
        raise ModelError(
            f"The embedder {model} in {located.directory} cannot be loaded "
            f"({type(error).__name__}).",
            f"Check it with `lookbook models verify {model}`, or fetch it again.",
        ) from error
    loaded.eval()
    encoder = Encoder(loaded, located.card, _torch_dtype(dtype, device))
    if located.card.dimension not in (None, encoder.dimension):
        raise ModelError(
            f"The embedder {model} makes vectors of {encoder.dimension} floats, "
            f"expected {located.card.dimension}.",
            f"Put the files of {located.card.hub} into {located.directory}.",
        )
    return encoder


def _load(located: LocatedModel, device: str) -> SentenceTransformer:
    """Return the model by its own list of modules, or the transformer with the card's pooling."""
    directory = str(located.directory)
    safe = {"use_safetensors": True, "local_files_only": True}
    if (located.directory / "modules.json").is_file():
        return SentenceTransformer(
            directory,
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs=safe,
        )
    transformer = Transformer(directory, model_kwargs=safe)
    if (located.directory / "1_Pooling").is_dir():
        pooling = Pooling.load(directory, subfolder="1_Pooling", local_files_only=True)
    elif located.card.pooling is not None:
        pooling = Pooling(transformer.get_embedding_dimension(), located.card.pooling)
    else:
        raise ModelError(
            f"The embedder in {directory} does not say how it pools its token vectors.",
            "Add modules.json and 1_Pooling/config.json from where the model came.",
        )
    return SentenceTransformer(modules=[transformer, pooling], device=device)


def _batches(tokens: list[list[int]], tokens_per_batch: int) -> Iterator[list[int]]:
    """Yield row numbers, longest first, so that each batch padded stays within the budget."""
    order = sorted(range(len(tokens)), key=lambda i: -len(tokens[i]))
    start = 0
    while start < len(order):
        size = max(1, tokens_per_batch // len(tokens[order[start]]))
        yield order[start : start + size]
        start += size


def _torch_dtype(dtype: Dtype, device: str) -> torch.dtype:
    if dtype == "auto":
        fast = (
            torch.cuda.is_bf16_supported()
            if device == "cuda"
            else torch.cpu.get_capabilities().get("avx512_bf16", False)
        )
        return torch.bfloat16 if fast else torch.float32
    return torch.bfloat16 if dtype == "bfloat16" else torch.float32
