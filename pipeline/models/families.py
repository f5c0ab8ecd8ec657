"""How model families want to be addressed: template, system prompt, context.

The only place that knows. A family's template is put on the tokenizer when a model is loaded, so
that whatever renders with that tokenizer, training included, makes the same prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import TemplateError

from pipeline.models.errors import ModelError, WriterError

Message = dict[str, str]
"""`role` ("system", "user" or "assistant") and `content`."""


@dataclass(frozen=True, slots=True)
class Family:
    """One way to write a chat as text.

    `template` is Jinja over `messages`, `bos_token` and `eos_token`; None keeps the tokenizer's
    own. Where the model takes no system message, its text opens the first user message.
    `max_context` is in tokens; `end_of_turn` a token that ends answers beside EOS.
    """

    name: str
    template: str | None
    takes_system: bool
    max_context: int | None = None
    end_of_turn: str = ""


CHATML = Family(
    "chatml",
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}",
    takes_system=True,
    end_of_turn="<|im_end|>",
)
"""SmolLM2 among others. The templates that ship with such models put in a system message of their
own ("You are ... named SmolLM") where there is none; here a chat says only what we say."""

DEEPSEEK = Family(
    "deepseek",
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ 'User: ' + message['content'] + '\n\n' }}"
    "{% else %}{{ 'Assistant: ' + message['content'] + eos_token }}{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}",
    takes_system=False,
    max_context=4096,
)
"""DeepSeek-LLM chat, whose makers advise against system prompts."""

MISTRAL = Family(
    "mistral",
    "{{ bos_token }}"
    "{% for message in messages %}"
    "{% if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + '[/INST]' }}"
    "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}"
    "{% endfor %}",
    takes_system=False,
)
"""Mistral-7B-Instruct-v0.3."""

GENERIC = Family("generic", None, takes_system=True)
"""Any other chat model, by the template that ships with it."""

FAMILIES = {family.name: family for family in (CHATML, DEEPSEEK, MISTRAL, GENERIC)}


def family_of(name: str, tokenizer: Any, model_type: str) -> Family:
    """Return the named family, or with "" the one that the tokenizer's template speaks of.

    Raises ModelError for an unknown name, and where nothing says how the model is addressed.
    """
    if name:
        if name not in FAMILIES:
            raise ModelError(
                f"There is no model family {name!r}.", f"Use one of: {', '.join(FAMILIES)}."
            )
        return FAMILIES[name]
    template = tokenizer.chat_template or ""
    if "<|im_start|>" in template:
        return CHATML
    if "'Assistant: ' + message['content'] + eos_token" in template:
        return DEEPSEEK
    if "[INST]" in template and model_type == "mistral":
        return MISTRAL
    if template:
        return GENERIC
    raise ModelError(
        "The language model has no chat template, so it cannot be told what to write.",
        "Use an instruction-tuned model, or add its chat_template.jinja to its directory.",
    )


def render(messages: Sequence[Message], family: Family, tokenizer: Any) -> str:
    """Return the chat as the text that the model continues, with the one BOS its family wants.

    A last message by the assistant is left open, to be continued. Control tokens inside messages
    are taken out: text of shoppers and catalogues cannot end its own message. Raises WriterError
    where the model's own template refuses the chat.
    """
    chat = [{**message, "content": _plain(message["content"], tokenizer)} for message in messages]
    if not family.takes_system:
        chat = _without_system(chat)
    begun = bool(chat) and chat[-1]["role"] == "assistant"
    try:
        text: str = tokenizer.apply_chat_template(
            chat,
            tokenize=False,
            add_generation_prompt=not begun,
            continue_final_message=begun,
        )
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        raise WriterError(
            f"The model's chat template refuses the prompt ({type(error).__name__}).",
            "Use another writing.model, or name its family in config/models.yaml.",
        ) from error
    return text


def _plain(content: str, tokenizer: Any) -> str:
    for token in tokenizer.added_tokens_decoder.values():
        if token.special:
            content = content.replace(token.content, " ")
    return content


def _without_system(chat: list[Message]) -> list[Message]:
    system = [message["content"] for message in chat if message["role"] == "system"]
    rest = [message for message in chat if message["role"] != "system"]
    if not system:
        return rest
    if not rest or rest[0]["role"] != "user":
        rest.insert(0, {"role": "user", "content": ""})
    first = {**rest[0], "content": "\n\n".join([*system, rest[0]["content"]]).strip()}
    return [first, *rest[1:]]
