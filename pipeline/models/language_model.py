"""The local writer: a causal language model, its adapter, and batched generation."""

import re
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from threading import Event, Lock
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    LogitsProcessor,
    StoppingCriteria,
)
from transformers.utils.import_utils import is_bitsandbytes_available

from config.settings import Settings
from pipeline.models.adapters import attach_adapter, detach_adapter
from pipeline.models.cards import adapter_of
from pipeline.models.errors import ModelError, WriterError
from pipeline.models.families import Family, Message, family_of, render
from pipeline.models.loading import LOADING
from pipeline.models.locating import LocatedModel, locate
from pipeline.models.only_phrases import OnlyPhrases
from pipeline.models.phrases import Phrases
from pipeline.models.prepared import prepared

DEFAULT_CONTEXT_TOKENS = 4096

# Drafts are drawn from the likeliest tokens only: the tail of a small model is noise.
_TOP_K = 50
_TURN_S = 0.1
"""How often a waiting generation looks whether it is still wanted."""
_LAST_WHOLE_SENTENCE = re.compile(r".*[.!?…][\"”')]*(?=\s|$)", re.DOTALL)


class LanguageModel:
    """Writes answers to chats. One generation at a time; others wait for the lock."""

    def __init__(
        self, model: Any, tokenizer: Any, family: Family, located: LocatedModel, context_tokens: int
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._family = family
        self._located = located
        self._lock = Lock()
        self.context_tokens = context_tokens

    @property
    def model(self) -> Any:
        """Return the transformers model, for training."""
        return self._model

    @property
    def tokenizer(self) -> Any:
        """Return the tokenizer, with the family's template on it."""
        return self._tokenizer

    @property
    def located(self) -> LocatedModel:
        """Return where the weights came from."""
        return self._located

    @property
    def family(self) -> str:
        """Return the name of the model's family (see `pipeline.models.families`)."""
        return self._family.name

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """Return the exact text that the model is given for a chat."""
        return render(messages, self._family, self._tokenizer)

    def count_tokens(self, messages: Sequence[Message]) -> int:
        """Return the length of a chat in the model's tokens, template and BOS included."""
        return len(self._tokenized([self.prompt_text(messages)])["input_ids"][0])

    def swap_adapter(self, path: Path | None) -> None:
        """Put another LoRA adapter on the model between two generations; None takes it off.

        Raises ModelError, and keeps the adapter it has, if the new one does not fit.
        """
        with self._lock:
            if path is None:
                self._model = detach_adapter(self._model)
            else:
                self._model = attach_adapter(self._model, path, self._located)

    def generate(
        self,
        prompts: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        candidates: int = 1,
        temperature: float = 0.7,
        seed: int = 0,
        deadline_s: float | None = None,
        stop: Event | None = None,
        phrases: Sequence[Phrases] | None = None,
    ) -> list[list[str]]:
        """Return `candidates` answers per prompt, all written in one batch.

        The first of them is greedy, the others are sampled at `temperature`, the same for the same
        `seed`. A last message by the assistant is continued, and is not part of the answer. When
        `phrases` are what the answer to each prompt may be made of, where it is bound. When
        `stop` is set, or `deadline_s` seconds have passed since the call, the answers that are not
        finished are cut back to whole sentences ("" if they have none).

        Raises WriterError: a prompt that does not fit the context with `max_new_tokens`, no turn
        before the deadline, out of memory, a model that computes no numbers.
        """
        if not prompts:
            return []
        until = None if deadline_s is None else time.monotonic() + deadline_s
        inputs = self._inputs([self.prompt_text(prompt) for prompt in prompts], max_new_tokens)
        self._take_turn(until, stop)
        try:
            rows = {
                name: tensor.to(self._model.device).repeat_interleave(candidates, dim=0)
                for name, tensor in inputs.items()
            }
            interruption = _Interruption(until, stop)
            with torch.inference_mode():
                output = self._model.generate(
                    **rows,
                    max_new_tokens=max_new_tokens,
                    do_sample=False,
                    logits_processor=[
                        *self._limits(phrases, candidates),
                        _Drafts(candidates, temperature, seed),
                    ],
                    stopping_criteria=[interruption],
                )
        except (RuntimeError, MemoryError, ValueError) as error:
            raise _explained(error) from error
        finally:
            self._lock.release()
        texts = self._answers(output, rows["input_ids"].shape[1], cut=interruption.happened)
        return [texts[start : start + candidates] for start in range(0, len(texts), candidates)]

    def _limits(self, phrases: Sequence[Phrases] | None, candidates: int) -> list[LogitsProcessor]:
        if phrases is None:
            return []
        return [OnlyPhrases(self._tokenizer, phrases, _end_tokens(self._model), candidates)]

    def _take_turn(self, until: float | None, stop: Event | None) -> None:
        """Wait for the lock, as long as somebody still wants the answers."""
        while not self._lock.acquire(timeout=_TURN_S):
            if stop is not None and stop.is_set():
                raise WriterError("The writing was stopped before its turn.", "Ask again.")
            if until is not None and time.monotonic() >= until:
                raise WriterError(
                    "The writer was busy until the deadline.",
                    "Raise writing.deadline_s, or ask for fewer articles at a time.",
                )

    def _tokenized(self, texts: list[str]) -> Any:
        # The family's template has written the BOS already.
        return self._tokenizer(texts, add_special_tokens=False)

    def _inputs(self, texts: list[str], max_new_tokens: int) -> dict[str, torch.Tensor]:
        tokens = self._tokenized(texts)
        longest = max(len(ids) for ids in tokens["input_ids"])
        if longest + max_new_tokens > self.context_tokens:
            raise WriterError(
                f"A prompt of {longest} tokens and an answer of {max_new_tokens} do not fit the "
                f"writer's context of {self.context_tokens}.",
                "Ask for fewer articles, or lower writing.max_new_tokens.",
            )
        padded = self._tokenizer.pad(tokens, padding_side="left", return_tensors="pt")
        return {name: padded[name] for name in ("input_ids", "attention_mask")}

    def _answers(self, output: torch.Tensor, prompt_length: int, *, cut: bool) -> list[str]:
        """Return what stands after the prompts. Both are decoded, so that no space gets lost."""
        wholes = self._tokenizer.batch_decode(output, skip_special_tokens=True)
        prompts = self._tokenizer.batch_decode(output[:, :prompt_length], skip_special_tokens=True)
        ends = set(_end_tokens(self._model))
        answers = []
        for ids, whole, prompt in zip(
            output[:, prompt_length:].tolist(), wholes, prompts, strict=True
        ):
            answer = whole[len(prompt) :]
            if cut and not ends & set(ids):
                sentences = _LAST_WHOLE_SENTENCE.match(answer)
                answer = sentences.group() if sentences else ""
            answers.append(answer)
        return answers


class _Drafts(LogitsProcessor):
    """Makes greedy search draw drafts: noise on every row of a prompt but its first.

    The likeliest token after Gumbel noise is a sample of the softmax (the Gumbel-max trick), so
    one batch holds greedy and sampled rows, and no global random state is touched.
    """

    def __init__(self, candidates: int, temperature: float, seed: int) -> None:
        self._candidates = candidates
        self._temperature = temperature
        self._random = torch.Generator().manual_seed(seed)

    def __call__(
        self,
        input_ids: torch.Tensor,  # noqa: ARG002 - transformers' signature
        scores: torch.Tensor,
    ) -> torch.Tensor:
        if scores.isnan().any():
            raise WriterError(
                "The language model computes no numbers (NaN).",
                "Check its files with `lookbook models verify`, or set writing.quantization: none.",
            )
        if self._candidates == 1 or self._temperature == 0:
            return scores
        by_prompt = scores.view(-1, self._candidates, scores.shape[-1])
        likeliest, tokens = by_prompt[:, 1:].topk(min(_TOP_K, scores.shape[-1]))
        # One draw for all prompts: a draft does not depend on what else is in the batch.
        exponential = torch.empty(likeliest.shape[1:]).exponential_(generator=self._random)
        gumbel = -exponential.log().to(scores.device)
        drawn = tokens.gather(
            -1, (likeliest.float() / self._temperature + gumbel).argmax(-1, keepdim=True)
        )
        by_prompt[:, 1:] = by_prompt[:, 1:].scatter(-1, drawn, float("inf"))
        return scores


class _Interruption(StoppingCriteria):
    """Ends all rows at a deadline or when somebody sets the event."""

    def __init__(self, until: float | None, stop: Event | None) -> None:
        self._until = until
        self._stop = stop
        self.happened = False

    def __call__(
        self,
        input_ids: torch.Tensor,
        scores: torch.Tensor,  # noqa: ARG002 - transformers' signature
        **kwargs: object,  # noqa: ARG002
    ) -> torch.Tensor:
        late = self._until is not None and time.monotonic() >= self._until
        self.happened = late or (self._stop is not None and self._stop.is_set())
        return torch.full((input_ids.shape[0],), self.happened, device=input_ids.device)


def load_writer(settings: Settings) -> LanguageModel:
    """Return the language model of the settings, one per process.

    A GGUF model is unpacked on its first load (`pipeline.models.prepared`). Raises ModelError:
    as `locate`; files that make no language model; NF4 without bitsandbytes; an adapter that was
    made for another model.
    """
    writing = settings.writing
    with LOADING:
        located = locate(writing.model, "writer", settings)
        return _load_once(
            located,
            settings.models_directory,
            writing.quantization,
            adapter_of(writing.adapter, located.card.name),
            writing.context_tokens,
        )


def load(
    located: LocatedModel,
    models_directory: Path,
    quantization: str,
    adapter: Path | None = None,
    context_tokens: int | None = None,
) -> LanguageModel:
    """Return a language model of one's own; `quantization` is "none" or "nf4".

    Raises ModelError as `load_writer`.
    """
    directory = prepared(located, models_directory) if located.is_gguf else located.directory
    device = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            directory,
            output_loading_info=True,
            dtype=_compute_dtype(device),
            quantization_config=_nf4(device) if quantization == "nf4" else None,
            device_map={"": device},
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
        )
    except (RuntimeError, MemoryError) as error:
        raise ModelError(
            f"The writer {located.card.name} does not fit into memory or is damaged "
            f"({type(error).__name__}).",
            "Set writing.quantization: nf4, choose a smaller model, or check its files with "
            f"`lookbook models verify {located.card.name}`.",
        ) from error
    except (OSError, ValueError, KeyError, TypeError, ImportError, SafetensorError) as error:
        raise ModelError(
            f"The writer {located.card.name} in {directory} cannot be loaded "
            f"({type(error).__name__}).",
            f"Check it with `lookbook models verify {located.card.name}`, or fetch it again.",
        ) from error
    model, report = loaded
    if report["missing_keys"]:
        # transformers would fill them with noise.
        raise ModelError(
            f"The writer {located.card.name} in {directory} lacks weights, "
            f"{min(report['missing_keys'])} among them.",
            f"Fetch it again with `lookbook models fetch {located.card.name}`.",
        )
    model.eval()
    family = family_of(located.card.family, tokenizer, model.config.model_type)
    _settle(model, tokenizer, family)
    if adapter is not None:
        model = attach_adapter(model, adapter, located)
    limits = (
        getattr(model.config, "max_position_embeddings", None) or DEFAULT_CONTEXT_TOKENS,
        located.card.context_tokens,
        context_tokens or DEFAULT_CONTEXT_TOKENS,
        family.max_context,
    )
    context = min(limit for limit in limits if limit is not None)
    return LanguageModel(model, tokenizer, family, located, context)


_load_once = lru_cache(maxsize=1)(load)


def _settle(model: Any, tokenizer: Any, family: Family) -> None:
    """Give tokenizer and model the family's template, a pad token and every way to end a turn."""
    if family.template is not None:
        tokenizer.chat_template = family.template
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    configured = model.generation_config.eos_token_id
    ends = {configured} if isinstance(configured, int) else set(configured or ())
    ends.add(tokenizer.eos_token_id)
    if family.end_of_turn:
        ends.add(tokenizer.convert_tokens_to_ids(family.end_of_turn))
    # Whatever else a model's makers put there (sampling, repetition penalties) is not ours.
    model.generation_config = type(model.generation_config)(
        eos_token_id=sorted(end for end in ends if end is not None),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
    )


def _end_tokens(model: Any) -> list[int]:
    ends: list[int] = model.generation_config.eos_token_id
    return ends


def _compute_dtype(device: str) -> torch.dtype:
    if device == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    fast = torch.cpu.get_capabilities().get("avx512_bf16", False)
    return torch.bfloat16 if fast else torch.float32


def _nf4(device: str) -> BitsAndBytesConfig:
    if not is_bitsandbytes_available():
        raise ModelError(
            "writing.quantization is nf4, but bitsandbytes is not installed.",
            'Run `pip install "lookbook[gpu]"`, or set writing.quantization: none.',
        )
    return BitsAndBytesConfig(  # type: ignore[no-untyped-call] # untyped in transformers
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=_compute_dtype(device),
    )


def _explained(error: BaseException) -> WriterError:
    if isinstance(error, WriterError):
        return error
    text = str(error).lower()
    if isinstance(error, MemoryError) or "memory" in text:
        return WriterError(
            "The language model ran out of memory.",
            "Set writing.quantization: nf4, lower writing.candidates, or choose a smaller model.",
        )
    return WriterError(
        f"The language model failed while writing ({type(error).__name__}).",
        "Check its files with `lookbook models verify`; the log has the details.",
    )
