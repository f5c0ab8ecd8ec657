"""Examples as tokens: the prompt exactly as the writer is given it, then the answer and its end."""

from dataclasses import dataclass

from pipeline.models.families import FAMILIES
from pipeline.models.language_model import LanguageModel
from pipeline.writing.language_model import Messages
from training.errors import TrainingError

IGNORED = -100
"""The label of a token that is not learnt (PyTorch's cross entropy)."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example: token ids, and as many labels, `IGNORED` on the prompt."""

    input_ids: list[int]
    labels: list[int]

    @property
    def answer_tokens(self) -> int:
        """Return how many tokens are learnt."""
        return len(self.labels) - self.labels.count(IGNORED)


def encode(messages: Messages, answer: str, model: LanguageModel) -> Encoded:
    """Return an example whose prompt is, byte for byte, what the writer is given for `messages`.

    A begun answer at the end of `messages` is the beginning of `answer` and is not learnt: when
    the writer writes, code has chosen it. Raises TrainingError where prompt, tokens or the end of
    the answer are not what the writer meets when it writes.
    """
    begun = bool(messages) and messages[-1]["role"] == "assistant"
    asked = messages[:-1] if begun else messages
    prompt = model.prompt_text(messages)
    tokenizer = model.tokenizer
    end = FAMILIES[model.family].end_of_turn or tokenizer.eos_token
    whole = model.prompt_text([*asked, {"role": "assistant", "content": answer}]) + (end or "")
    prompt_ids, ids = (
        tokenizer(text, add_special_tokens=False)["input_ids"] for text in (prompt, whole)
    )
    if ids[: len(prompt_ids)] != prompt_ids:
        raise TrainingError(
            f"The tokenizer of {model.located.card.name} joins the prompt's end with the answer.",
            "Name the model's family in config/models.yaml.",
        )
    if not end or ids[-1] not in model.model.generation_config.eos_token_id:
        raise TrainingError(
            f"An answer of {model.located.card.name} does not end in its end token, so the model "
            "would not learn to stop.",
            "Give its tokenizer an eos_token that is a special token.",
        )
    return Encoded(ids, [IGNORED] * len(prompt_ids) + ids[len(prompt_ids) :])
