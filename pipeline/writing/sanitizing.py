"""Catalogue and shopper text is data: nothing in it may look like a part of the prompt."""

import re
import unicodedata

_TEMPLATE_TOKENS = re.compile(
    r"<\s*[|\uff5c][^>]{0,60}[|\uff5c]\s*>"
    r"|</?s>|<<\s*/?\s*SYS\s*>>|\[\s*/?\s*(?:INST|AVAILABLE_TOOLS|TOOL_CALLS|SYSTEM_PROMPT)\s*\]"
    r"|<\s*/?\s*(?:start_of_turn|end_of_turn|bos|eos|pad|unk|think|system|user|assistant)\s*>",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"\b(?:user|assistant|system|human|ai|instruction|instructions|response|answer|question)"
    r"\s*[:\uff1a]",
    re.IGNORECASE,
)
_MARKUP = re.compile(r"<[^<>]{0,200}>|[`*_#~^|\uff5c<>{}\[\]\\]|https?://\S+|-{3,}|={3,}")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def as_data(text: str, limit: int) -> str:
    """Return text that is safe to put into a prompt: one line of plain words, at most `limit`
    characters, cut between words.

    Chat-template tokens, role labels ("User:"), markup, links and control characters are gone,
    repeatedly, so that none comes about by taking another away.
    """
    text = unicodedata.normalize("NFKC", text[: limit * 8])
    text = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    while True:
        cleaned = _TEMPLATE_TOKENS.sub(" ", text)
        cleaned = _TEMPLATE.sub(" ", cleaned)
        cleaned = _MARKUP.sub(" ", cleaned)
        cleaned = _ROLE.sub(" ", cleaned)
        if cleaned == text:
            break
        text = cleaned
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit + 1].rsplit(" ", 1)[0][:limit].rstrip(" ,;-")
