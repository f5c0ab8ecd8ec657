"""QLoRA with TRL's trainer: from a recipe to an adapter, to be gone on with after any end."""

import json
import math
import resource
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from datasets import Dataset
from peft import LoraConfig
from safetensors import SafetensorError
from torch.nn.functional import cross_entropy
from transformers import (
    AutoConfig,
    DynamicCache,
    EarlyStoppingCallback,
    PrinterCallback,
    TrainerCallback,
)
from transformers.trainer_callback import TrainerControl, TrainerState
from transformers.training_args import TrainingArguments
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from config.settings import Settings
from pipeline.models import locate
from pipeline.models.digests import write_json
from pipeline.models.language_model import LanguageModel, load
from pipeline.models.loading import LOADING
from pipeline.models.locating import LocatedModel
from pipeline.models.prepared import prepared
from training.encoding import IGNORED, Encoded
from training.errors import TrainingError
from training.memory import GB, MemoryEstimate, check_memory, estimate_memory, free_memory
from training.preparing import TrainingSet, prepare
from training.recipe import Recipe
from training.saving import saving, unwritable

Progress = Callable[[str, int, int], None]

CHECKPOINTS = "checkpoints"
BEGUN = "begun.json"
_WHOLE = "whole"
_CHECKPOINTS_KEPT = 2
_LOSSES_LOGGED = 50
_CHECKPOINT_COPIES = 4
"""Weights, two moments, and one more checkpoint while it is being written, in adapters."""


@dataclass
class Training:
    """A writer that is being, or has been, fine-tuned; its trainer holds the best adapter."""

    recipe: Recipe
    model: LanguageModel
    data: TrainingSet
    trainer: "WriterTrainer"
    memory: MemoryEstimate
    resumed_at: int = 0
    """The step that it went on from, 0 for a fresh start."""
    seconds: float = 0
    """From the first step to the last, those before a resumption included."""
    examples: int = 0
    """Trained on in these seconds; each counts once an epoch."""
    history: list[dict[str, float]] = field(default_factory=list)

    @property
    def peak_memory(self) -> int:
        """Return the most bytes that the process has held, on the GPU where there is one."""
        if torch.cuda.is_available():
            return torch.cuda.max_memory_allocated()
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


class WriterTrainer(SFTTrainer):
    """TRL's trainer, which away from a GPU computes each thing once, and only what is learnt from.

    There TRL scores every position of a prompt against the whole vocabulary, and reads the
    examples that all prompts begin with once for every row.
    """

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,  # noqa: FBT001, FBT002 - transformers' signature
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the mean cross entropy of the learnt tokens, in nats."""
        if return_outputs or self.args.device.type == "cuda":
            return super().compute_loss(  # type: ignore[no-untyped-call] # untyped in TRL
                model, inputs, return_outputs, num_items_in_batch
            )
        ids, labels = inputs["input_ids"], inputs["labels"][:, 1:]
        learnt = labels != IGNORED
        columns = learnt.any(dim=0).nonzero().squeeze(-1)
        shared = 0 if self.args.gradient_checkpointing else _shared_beginning(ids, columns)
        cache = None
        if shared:
            cache = DynamicCache()
            model(input_ids=ids[:1, :shared], past_key_values=cache, logits_to_keep=1)
            cache.batch_repeat_interleave(len(ids))
        outputs = model(
            input_ids=ids[:, shared:],
            attention_mask=inputs["attention_mask"],
            past_key_values=cache,
            use_cache=cache is not None,
            logits_to_keep=columns - shared,
        )
        loss = cross_entropy(
            outputs.logits.flatten(0, 1).float(),
            labels[:, columns].flatten(),
            ignore_index=IGNORED,
            reduction="sum",
        )
        return loss / (learnt.sum() if num_items_in_batch is None else num_items_in_batch)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Load an adapter in the precision that it was trained in; PEFT widens 16 bits to 32."""
        before = {
            name: p.dtype for name, p in self.peft_model.named_parameters() if p.requires_grad
        }
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        for name, parameter in self.peft_model.named_parameters():
            if name in before:
                parameter.data = parameter.data.to(before[name])

    @property
    def peft_model(self) -> Any:
        """Return the model with its adapter."""
        return self.model

    def create_model_card(self, *args: Any, **kwargs: Any) -> None:
        """Write none: the card of an adapter is `training.card`'s."""


def _shared_beginning(ids: torch.Tensor, columns: torch.Tensor) -> int:
    """Return with how many equal tokens all rows begin, before any column that is learnt from."""
    alike = (ids == ids[:1]).all(dim=0)
    return min(int(alike.cumprod(dim=0).sum()), int(columns[0]))


class _Watch(TrainerCallback):
    """Reports progress, marks whole checkpoints, and ends a training that has gone astray."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.began = time.perf_counter()
        """When the first step began, as far back as if the training had never ended."""

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002 - transformers' signature
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Report the step."""
        self._progress("training", state.global_step, state.max_steps)

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Refuse to go on without a loss."""
        losses = [value for name, value in (logs or {}).items() if name.endswith("loss")]
        if any(not math.isfinite(loss) for loss in losses):
            raise TrainingError(
                f"The loss is no number any more at step {state.global_step}.",
                "Lower learning_rate and begin again with --restart.",
            )

    def on_save(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> None:
        """Mark the checkpoint with the seconds so far; only what is marked is gone on from."""
        if state.is_world_process_zero:
            mark = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}" / _WHOLE
            mark.write_text(f"{time.perf_counter() - self.began:.1f}", encoding="utf-8")


def fine_tune(
    recipe: Recipe,
    settings: Settings,
    out: Path,
    *,
    progress: Progress,
    restart: bool = False,
) -> Training:
    """Train an adapter and return the training, its best weights on the model.

    What was begun in `out` with the same recipe, data and base is gone on with from its last whole
    checkpoint, to the same losses as if it had never ended. Raises before anything is trained:
    ModelError, DataError and CatalogueError, and TrainingError for too little memory or disk, and
    for `out` holding another training; TrainingError later for a full disk or too little memory.
    """
    located = locate(recipe.model, "writer", settings)
    memory = _checked_memory(recipe, located, settings)
    with LOADING:
        model = load(
            located,
            settings.models_directory,
            recipe.quantization,
            context_tokens=settings.writing.context_tokens,
        )
    data = prepare(recipe, settings, model)
    checkpoints = _begin(out, recipe, data, located, restart=restart)
    watch = _Watch(progress)
    training = Training(recipe, model, data, _trainer(recipe, model, data, out, watch), memory)
    last = checkpoints[-1] if checkpoints else None
    training.resumed_at = _step_of(last) if last else 0
    progress("training", training.resumed_at, _steps(recipe, data, _world()))
    watch.began = time.perf_counter() - (_seconds_of(last) if last else 0)
    _run(training.trainer, last, out)
    training.seconds = time.perf_counter() - watch.began
    state = training.trainer.state
    training.history = state.log_history
    training.examples = min(
        state.global_step * recipe.batch_size * recipe.accumulation * _world(),
        math.ceil(recipe.epochs * len(data.train)),
    )
    return training


def _checked_memory(recipe: Recipe, located: LocatedModel, settings: Settings) -> MemoryEstimate:
    gpu = torch.cuda.is_available()
    directory = located.directory
    if located.is_gguf:
        directory = prepared(located, settings.models_directory)
    config = AutoConfig.from_pretrained(directory, local_files_only=True)
    memory = estimate_memory(config, recipe, gpu=gpu)
    check_memory(memory, free_memory(gpu=gpu), recipe)
    return memory


def _begin(
    out: Path, recipe: Recipe, data: TrainingSet, located: LocatedModel, *, restart: bool
) -> list[Path]:
    """Return the whole checkpoints in `out`, oldest first, once it is this training's."""
    ids = [(one.input_ids, one.labels) for one in (*data.train, *data.held_out)]
    begun = {
        "recipe": recipe.model_dump(mode="json", exclude={"name", "introductions", "outfits"}),
        "base": located.sha256,
        "data": blake2b(repr(ids).encode(), digest_size=16).hexdigest(),
    }
    file = out / BEGUN
    with saving(out):
        if restart and file.is_file():
            shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
        elif file.is_file():
            _refuse_another(json.loads(file.read_text(encoding="utf-8")), begun, out)
        out.mkdir(parents=True, exist_ok=True)
        write_json(file, begun)
    whole = sorted((out / CHECKPOINTS).glob(f"checkpoint-*/{_WHOLE}"), key=_step_of_mark)
    return [mark.parent for mark in whole]


def _refuse_another(old: dict[str, Any], new: dict[str, Any], out: Path) -> None:
    if old == new:
        return
    changed = [key for key in ("base", "data") if old.get(key) != new[key]]
    before, now = old.get("recipe", {}), new["recipe"]
    changed += [key for key in now if before.get(key) != now[key]]
    raise TrainingError(
        f"{out} holds a training that was begun otherwise ({', '.join(changed)}).",
        "Name another directory with --out, or begin anew with --restart.",
    )


def _trainer(
    recipe: Recipe, model: LanguageModel, data: TrainingSet, out: Path, watch: _Watch
) -> WriterTrainer:
    gpu = torch.cuda.is_available()
    steps = _steps(recipe, data, _world())
    per_epoch = math.ceil(len(data.train) / (recipe.batch_size * recipe.accumulation * _world()))
    every = max(1, min(per_epoch // recipe.evaluations_per_epoch, steps))
    arguments = SFTConfig(
        output_dir=str(out / CHECKPOINTS),
        num_train_epochs=recipe.epochs,
        max_steps=recipe.max_steps or -1,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.accumulation,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,
        optim=recipe.optimizer,
        max_grad_norm=recipe.max_grad_norm,
        gradient_checkpointing=recipe.gradient_checkpointing,
        bf16=model.model.dtype == torch.bfloat16,
        fp16=model.model.dtype == torch.float16,
        use_cpu=not gpu,
        dataloader_pin_memory=gpu,
        seed=recipe.seed,
        data_seed=recipe.seed,
        logging_steps=max(1, steps // _LOSSES_LOGGED),
        eval_strategy="steps",
        eval_steps=every,
        save_strategy="steps",
        save_steps=every,
        save_total_limit=_CHECKPOINTS_KEPT,
        load_best_model_at_end=True,
        metric_for_best_model="eval_loss",
        greater_is_better=False,
        report_to="none",
        disable_tqdm=True,
        # The examples are tokens already, none longer than max_tokens.
        max_length=None,
        dataset_kwargs={"skip_prepare_dataset": True},
    )
    trainer = WriterTrainer(
        model=model.model,
        args=arguments,
        train_dataset=_dataset(data.train),
        eval_dataset=_dataset(data.held_out),
        processing_class=model.tokenizer,
        peft_config=LoraConfig(
            r=recipe.lora.rank,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            target_modules="all-linear",
            task_type="CAUSAL_LM",
        ),
        callbacks=[EarlyStoppingCallback(recipe.patience), watch],
    )
    trainer.remove_callback(PrinterCallback)
    _check_disk(out, sum(p.numel() for p in trainer.peft_model.parameters() if p.requires_grad))
    return trainer


def _dataset(examples: tuple[Encoded, ...]) -> Dataset:
    return Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in examples],
            "labels": [example.labels for example in examples],
        }
    )


def _check_disk(out: Path, parameters: int) -> None:
    needed = parameters * 4 * _CHECKPOINT_COPIES * (_CHECKPOINTS_KEPT + 1)
    free = shutil.disk_usage(out).free
    if free < needed:
        raise TrainingError(
            f"Checkpoints take about {needed / GB:.2f} GB, and {free / GB:.2f} GB are free in "
            f"{out}.",
            "Free some disk space, or name another directory with --out.",
        )


def _run(trainer: WriterTrainer, checkpoint: Path | None, out: Path) -> None:
    step = 0
    try:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    except (OSError, SafetensorError, RuntimeError, MemoryError) as error:
        step = trainer.state.global_step
        text = str(error).lower()
        if isinstance(error, MemoryError) or "out of memory" in text or "allocate" in text:
            raise TrainingError(
                f"Training ran out of memory at step {step}.",
                "Lower batch_size or max_tokens, or set gradient_checkpointing: true.",
            ) from error
        partial = out / CHECKPOINTS / f"checkpoint-{step}"
        if partial.is_dir() and not (partial / _WHOLE).exists():
            shutil.rmtree(partial, ignore_errors=True)
            raise unwritable(partial, error) from error
        raise


def _steps(recipe: Recipe, data: TrainingSet, world: int) -> int:
    batches = math.ceil(len(data.train) / (recipe.batch_size * world))
    per_epoch = max(1, math.ceil(batches / recipe.accumulation))
    return recipe.max_steps or math.ceil(recipe.epochs * per_epoch)


def _world() -> int:
    # Whoever asks first settles where the processes meet; away from a GPU that is the processor.
    return int(PartialState(cpu=not torch.cuda.is_available()).num_processes)


def _step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("-")[2])


def _seconds_of(checkpoint: Path) -> float:
    """Return how long training took up to a checkpoint, 0 if a kill left its mark empty."""
    return float((checkpoint / _WHOLE).read_text(encoding="utf-8") or 0)


def _step_of_mark(mark: Path) -> int:
    return _step_of(mark.parent)
