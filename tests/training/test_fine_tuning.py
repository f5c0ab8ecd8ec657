import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import LlamaConfig

from config.settings import Settings
from pipeline.models import ModelError
from pipeline.models.adapters import attach_adapter
from pipeline.models.language_model import LanguageModel, load
from pipeline.models.locating import locate
from pipeline.writing import IntroductionPromptBuilder
from tests.tiny_models import (
    CHATML_TEMPLATE,
    save_adapter,
    save_chatml,
    save_deepseek,
    save_mistral,
)
from training import fine_tuning
from training.encoding import IGNORED, encode
from training.errors import DataError, TrainingError
from training.exporting import export
from training.fine_tuning import WriterTrainer, fine_tune
from training.introductions import read_introductions
from training.memory import estimate_memory
from training.preparing import learnt_prompt, prepare
from training.recipe import Recipe, load_recipe, recipe_names
from training.run import train

ADAPTER = "adapter_model.safetensors"


def quiet(*_: object) -> None:
    """Show no progress."""


def own_model(recipe: Recipe, settings: Settings, quantization: str = "none") -> LanguageModel:
    located = locate(recipe.model, "writer", settings)
    return load(located, settings.models_directory, quantization)


def losses(out: Path) -> dict[int, float]:
    """Return the logged losses by step, from the last checkpoint."""
    last = max(out.glob("checkpoints/checkpoint-*"), key=lambda one: int(one.name[11:]))
    state = json.loads((last / "trainer_state.json").read_text())
    return {entry["step"]: entry["loss"] for entry in state["log_history"] if "loss" in entry}


def run_in_a_process(
    recipe: Recipe, settings: Settings, out: Path, *, launcher: tuple[str, ...] = ()
) -> subprocess.Popen[bytes]:
    file = out.with_suffix(".yaml")
    file.write_text(yaml.safe_dump(recipe.model_dump(mode="json")))
    own = out.with_suffix(".settings.yaml")
    own.write_text(yaml.safe_dump(settings.model_dump(mode="json", exclude_defaults=True)))
    command = ["-c", "import bot.cli; bot.cli.main()", "train", "--recipe", str(file)]
    return subprocess.Popen(
        [*launcher, sys.executable, *command, "--config", str(own), "--out", str(out), "--quiet"]
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory, base: Path, introductions: Path) -> Path:
    """An adapter of six steps in NF4, trained without interruption."""
    home = tmp_path_factory.mktemp("trained")
    settings = Settings(
        home=home,
        writing={"max_new_tokens": 8, "candidates": 1},
        catalogue={"path": introductions.parent / "articles.csv"},
    )
    recipe = Recipe(
        name="tiny",
        model=str(base),
        introductions=(introductions,),
        held_out=0.2,
        max_steps=6,
        learning_rate=2e-3,
        batch_size=2,
        accumulation=2,
        optimizer="adamw_torch",
        evaluations_per_epoch=2,
        patience=9,
    )
    train(recipe, settings, home / "adapter", progress=quiet)
    return home / "adapter"


def test_training_in_four_bits_lowers_the_loss_and_is_measured(trained: Path, base: Path) -> None:
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["recipe"]["quantization"] == "nf4"
    assert metrics["after"]["held-out loss"] < metrics["before"]["held-out loss"]
    assert metrics["examples"]["learnt"] == 16
    assert metrics["examples"]["held out"] == 4
    assert metrics["before"].keys() == metrics["after"].keys()
    assert {
        "held-out perplexity",
        "introductions: first drafts that pass the truth check",
        "introductions: copied from the description",
        "introductions: distinct openings",
        "lists: exact count",
        "lists: type match",
    } <= metrics["after"].keys()
    assert metrics["cost"]["steps"] == 6
    weights = load_file(trained / ADAPTER)
    assert any(tensor.any() for key, tensor in weights.items() if "lora_B" in key)
    assert not any("lm_head" in key for key in weights)


def test_the_card_shows_before_and_after_with_unpicked_samples(trained: Path) -> None:
    card = (trained / "README.md").read_text()
    assert "| held-out loss |" in card
    assert card.count("- before: ") == card.count("- after: ") == 4
    assert "DeepSeek licence" in card


@pytest.mark.parametrize("save", [save_deepseek, save_mistral, save_chatml])
def test_every_family_learns_the_bytes_that_inference_sends_and_the_end(
    save, introductions: Path, tmp_path: Path
) -> None:
    recipe = Recipe(name="x", model=str(save(tmp_path / "base")), introductions=(introductions,))
    settings = Settings(home=tmp_path, writing={"model": recipe.model})
    model = own_model(recipe, settings)
    builder = IntroductionPromptBuilder(settings, model=model)
    row = read_introductions(introductions)[0][0]
    chat = learnt_prompt(builder, row)
    encoded = encode(chat, row.text, model)
    at = encoded.labels.count(IGNORED)
    assert encoded.labels[at:] == encoded.input_ids[at:]
    sent = model.tokenizer(model.prompt_text(chat), add_special_tokens=False)["input_ids"]
    assert encoded.input_ids[:at] == sent
    opening = chat[-1]["content"]
    assert row.text.startswith(opening)
    learnt = model.tokenizer.decode(encoded.labels[at:], skip_special_tokens=True)
    assert learnt.strip() == row.text.removeprefix(opening).strip()
    assert encoded.labels[-1] in model.model.generation_config.eos_token_id


def test_an_end_token_that_is_none_is_refused_before_training(
    base: Path, recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    endless = tmp_path / "endless"
    shutil.copytree(base, endless)
    # A template whose turns end in a token that the vocabulary does not have.
    (endless / "chat_template.jinja").write_text(CHATML_TEMPLATE)
    changed = recipe.model_copy(update={"model": str(endless)})
    with pytest.raises(TrainingError, match="does not end in its end token"):
        fine_tune(changed, settings, tmp_path / "out", progress=quiet)
    assert not (tmp_path / "out").exists()


def test_the_loss_of_what_is_learnt_is_that_of_whole_logits(
    recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    plain = recipe.model_copy(update={"quantization": "none", "gradient_checkpointing": False})
    model = own_model(plain, settings)
    data = prepare(plain, settings, model)
    trainer = fine_tuning._trainer(plain, model, data, tmp_path, fine_tuning._Watch(quiet))
    trainer.peft_model.float().eval()
    batch = next(iter(trainer.get_eval_dataloader()))
    with torch.no_grad():
        ours = trainer.compute_loss(trainer.model, dict(batch))
        whole = trainer.peft_model(
            input_ids=batch["input_ids"],
            attention_mask=batch["attention_mask"],
            labels=batch["labels"],
        ).loss
    assert isinstance(trainer, WriterTrainer)
    assert ours.item() == pytest.approx(whole.item(), abs=0.01)


def test_a_killed_training_goes_on_to_the_same_losses(
    trained: Path, recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    out = tmp_path / "killed"
    process = run_in_a_process(recipe, settings, out)
    while not any(out.glob("checkpoints/checkpoint-*/whole")):
        assert process.poll() is None
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (out / "metrics.json").exists()
    (out / "checkpoints" / "checkpoint-99").mkdir()  # what a kill while saving leaves behind
    metrics = train(recipe, settings, out, progress=quiet)
    assert metrics["cost"]["resumed at step"] > 0
    assert metrics["cost"]["steps"] == 6
    shutil.rmtree(out / "checkpoints" / "checkpoint-99", ignore_errors=True)
    assert losses(out) == pytest.approx(losses(trained), abs=2e-4)
    assert load_file(out / ADAPTER).keys() == load_file(trained / ADAPTER).keys()


def test_two_processes_make_one_adapter(recipe: Recipe, settings: Settings, tmp_path: Path) -> None:
    """As `accelerate launch` does on GPUs: each learns from its share, and the first one writes."""
    out = tmp_path / "two"
    launcher = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--no-python")
    plain = recipe.model_copy(update={"quantization": "none"})
    process = run_in_a_process(plain, settings, out, launcher=(*launcher, "--nproc-per-node=2"))
    assert process.wait() == 0
    metrics = json.loads((out / "metrics.json").read_text())
    cost = metrics["cost"]
    assert cost["steps"] == 6
    # Six steps of two rows, twice accumulated, in two processes.
    assert cost["seconds"] / cost["seconds per example"] == pytest.approx(48, rel=0.1)
    assert metrics["after"]["held-out loss"] < metrics["before"]["held-out loss"]
    assert load_file(out / ADAPTER)


def test_another_recipe_does_not_go_on_with_what_was_begun(
    trained: Path, recipe: Recipe, settings: Settings
) -> None:
    changed = recipe.model_copy(update={"learning_rate": 1e-3})
    with pytest.raises(TrainingError, match=r"begun otherwise \(learning_rate\)") as refused:
        fine_tune(changed, settings, trained, progress=quiet)
    assert "--restart" in refused.value.mend


def test_a_full_disk_is_a_sentence_and_the_last_checkpoint_stays(
    recipe: Recipe, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "full"
    original = WriterTrainer._save_optimizer_and_scheduler

    def full_from_the_second_on(self: WriterTrainer, directory: str) -> None:
        if any(out.glob("checkpoints/checkpoint-*/whole")):
            raise OSError(28, "No space left on device")
        original(self, directory)

    with monkeypatch.context() as patched:
        patched.setattr(WriterTrainer, "_save_optimizer_and_scheduler", full_from_the_second_on)
        with pytest.raises(TrainingError, match="No space left on device") as full:
            fine_tune(recipe, settings, out, progress=quiet)
    assert "goes on from where it was" in full.value.mend
    (kept,) = out.glob("checkpoints/checkpoint-*")
    assert (kept / "whole").exists()
    resumed = fine_tune(recipe, settings, out, progress=quiet)
    assert resumed.resumed_at == int(kept.name[11:])
    assert resumed.trainer.state.global_step == 6


def test_too_small_a_disk_or_memory_is_refused_before_training(
    recipe: Recipe, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = recipe.model_copy(update={"batch_size": 10**7})
    with pytest.raises(TrainingError, match="GB are free"):
        fine_tune(large, settings, tmp_path / "out", progress=quiet)
    usage = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(fine_tuning.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(TrainingError, match="Checkpoints take about"):
        fine_tune(recipe, settings, tmp_path / "out", progress=quiet)


def test_over_long_rows_are_dropped_by_name_and_a_set_of_them_refused(
    recipe: Recipe, settings: Settings
) -> None:
    model = own_model(recipe, settings)
    lengths = sorted(len(one.input_ids) for one in prepare(recipe, settings, model).train)
    some = recipe.model_copy(update={"max_tokens": lengths[8]})
    data = prepare(some, settings, model)
    assert 0 < len(data.dropped) < 12
    assert "tokens, more than" in data.dropped[0].reason
    with pytest.raises(DataError, match="has 0 examples to learn from"):
        prepare(recipe.model_copy(update={"max_tokens": 64}), settings, model)
    with pytest.raises(TrainingError, match="context of"):
        prepare(recipe.model_copy(update={"max_tokens": 9000}), settings, model)


def test_a_missing_base_is_refused_by_name(
    recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    gone = recipe.model_copy(update={"model": "nobody/nothing-7b"})
    with pytest.raises(ModelError, match="nobody/nothing-7b is not on this machine"):
        fine_tune(gone, settings, tmp_path / "out", progress=quiet)


def test_an_export_computes_the_logits_of_base_and_adapter(
    trained: Path, recipe: Recipe, settings: Settings, tmp_path: Path
) -> None:
    result = export(settings, trained, tmp_path / "merged")
    assert result.divergence < 0.001
    merged = own_model(recipe.model_copy(update={"model": str(tmp_path / "merged")}), settings)
    assert merged.family == "deepseek"
    model = own_model(recipe, settings)
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        bare = model.model(ids).logits
        adapted = attach_adapter(model.model, trained, model.located)(ids).logits
        found = merged.model(ids).logits
    assert torch.allclose(found, adapted, atol=0.05)
    assert (found - adapted).abs().mean() < 0.2 * (bare - adapted).abs().mean()
    with pytest.raises(TrainingError, match="is not empty"):
        export(settings, trained, tmp_path / "merged")


def test_an_export_refuses_another_models_adapter(
    base: Path, settings: Settings, tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other", base, base_name="somebody/else-7b")
    with pytest.raises(ModelError, match="was made for somebody/else-7b"):
        export(settings, other, tmp_path / "merged")


def test_the_recipes_that_ship_name_known_writers_and_fit_their_machines() -> None:
    assert recipe_names() == ["deepseek", "mistral", "smollm2"]
    deepseek = load_recipe("deepseek", {})
    shape = LlamaConfig(
        vocab_size=102_400, hidden_size=4096, intermediate_size=11_008, num_hidden_layers=30
    )
    memory = estimate_memory(shape, deepseek, gpu=True)
    assert 4.5e9 < memory.parts["matrices"] + memory.parts["embeddings, head and norms"] < 5.2e9
    assert memory.total < 15e9
    whole = deepseek.model_copy(update={"quantization": "none"})
    assert estimate_memory(shape, whole, gpu=True).total > 16e9


def test_a_recipe_with_an_unknown_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("model: x\nlerning_rate: 1\n")
    with pytest.raises(TrainingError, match="lerning_rate"):
        load_recipe(str(file), {})
    with pytest.raises(TrainingError, match="There is no recipe 'smol'"):
        load_recipe("smol", {})


@pytest.mark.parametrize(("mark", "seconds"), [("12.5", 12.5), ("", 0.0)])
def test_a_mark_that_a_kill_left_empty_costs_only_the_time(
    mark: str, seconds: float, tmp_path: Path
) -> None:
    (tmp_path / "whole").write_text(mark)
    assert fine_tuning._seconds_of(tmp_path) == seconds
