"""How a writer is fine-tuned: a recipe of `config/training`, or a file of one's own."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import config
from training.errors import TrainingError

RECIPES_DIRECTORY = Path(config.__file__).parent / "training"
SHIPPED_INTRODUCTIONS = Path(__file__).parent / "data" / "introductions"


class LoraRecipe(BaseModel):
    """The adapter: low-rank matrices on every linear layer but the head."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.05, ge=0, lt=1)


class Recipe(BaseModel):
    """What is trained on what, and how. Lengths are in tokens of the model.

    `introductions` are files or directories of grounded introductions; `outfits` is a hub id or a
    parquet or JSON Lines file with the columns of neuralwork/fashion-style-instruct.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    model: str
    quantization: Literal["none", "nf4"] = "nf4"
    introductions: tuple[Path, ...] = ()
    outfits: str = ""
    held_out: float = Field(0.1, gt=0, le=0.5)
    max_tokens: int = Field(1024, ge=64)
    """Prompt and answer together; longer examples are dropped."""
    seed: int = 0
    lora: LoraRecipe = LoraRecipe()
    epochs: float = Field(3, gt=0)
    max_steps: int | None = Field(None, ge=1)
    """Optimizer steps at most; the learning rate then falls over these."""
    learning_rate: float = Field(2e-4, gt=0)
    schedule: Literal["linear", "cosine", "constant"] = "cosine"
    warmup: float = Field(0.03, ge=0, lt=1)
    """Share of all steps."""
    batch_size: int = Field(1, ge=1)
    """Per device."""
    accumulation: int = Field(16, ge=1)
    optimizer: str = "paged_adamw_8bit"
    """One of transformers' names."""
    max_grad_norm: float = Field(0.3, gt=0)
    gradient_checkpointing: bool = True
    evaluations_per_epoch: int = Field(2, ge=1)
    """Held-out loss is measured, and a checkpoint written, as often."""
    patience: int = Field(3, ge=1)
    """Training ends after as many evaluations without a lower held-out loss."""


def recipe_names() -> list[str]:
    """Return the names of the recipes that ship here, sorted."""
    return sorted(path.stem for path in RECIPES_DIRECTORY.glob("*.yaml"))


def load_recipe(reference: str, changes: dict[str, Any]) -> Recipe:
    """Return a recipe by name or file, with `changes` over it; without data, it takes the shipped.

    Raises TrainingError: an unknown name or key, a value that cannot be.
    """
    path = Path(reference)
    if reference in recipe_names():
        path = RECIPES_DIRECTORY / f"{reference}.yaml"
    elif not path.is_file():
        raise TrainingError(
            f"There is no recipe {reference!r}.",
            f"Use one of {', '.join(recipe_names())}, or name a YAML file.",
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        recipe = Recipe.model_validate({"name": path.stem, **values, **changes})
    except (OSError, UnicodeDecodeError, yaml.YAMLError, TypeError) as error:
        raise TrainingError(
            f"The recipe {path} cannot be read ({type(error).__name__}).",
            "Give a UTF-8 YAML file of `key: value` lines.",
        ) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise TrainingError(
            f"The recipe {path} cannot be used: {key}: {first['msg'].lower()}.",
            f"Known keys are {', '.join(Recipe.model_fields)}.",
        ) from error
    if not recipe.introductions and not recipe.outfits:
        recipe = recipe.model_copy(update={"introductions": (SHIPPED_INTRODUCTIONS,)})
    return recipe
