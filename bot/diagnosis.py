"""What can be wrong with an installation, and what to do about it. Nothing here loads a model."""

import asyncio
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from importlib.util import find_spec
from typing import Literal

from config.errors import LookbookError
from config.settings import Settings
from pipeline.catalogues import open_catalogue
from pipeline.index import open_index, status
from pipeline.models import adapter_of, locate

Severity = Literal["good", "warning", "bad"]

LEAST_FREE_BYTES = 2_000_000_000
"""A build writes a whole new version before the old one goes."""

LIBRARIES = ("haystack-ai", "qdrant-edge-py", "qdrant-client", "transformers", "torch")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `mend` is "" where nothing has to be done."""

    subject: str
    severity: Severity
    text: str
    mend: str = ""


Check = Callable[[Settings], Iterator[Finding]]


def diagnose(settings: Settings) -> list[Finding]:
    """Run every check; one that fails does not keep the others from running."""
    findings: list[Finding] = []
    for subject, check in CHECKS.items():
        try:
            findings.extend(check(settings))
        except LookbookError as error:
            findings.append(Finding(subject, "bad", error.problem, error.mend))
    return findings


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("settings", "good", f"Profile {settings.profile}.")


def _libraries(_: Settings) -> Iterator[Finding]:
    versions = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    yield Finding("libraries", "good", f"Python {sys.version.split()[0]}, {versions}.")


def _home(settings: Settings) -> Iterator[Finding]:
    home = settings.home.absolute()
    place = next(path for path in (home, *home.parents) if path.exists())
    if not os.access(place, os.W_OK):
        yield Finding(
            "home",
            "bad",
            f"{place} cannot be written by this user.",
            "Give the directory to the user that runs Lookbook, or set LOOKBOOK__HOME.",
        )
        return
    free = shutil.disk_usage(place).free
    if free < LEAST_FREE_BYTES:
        yield Finding(
            "home",
            "warning",
            f"{home}: only {free / 1e9:.1f} GB are free.",
            "Free some space: a build needs room for a second version.",
        )
    else:
        yield Finding("home", "good", f"{home}, {free / 1e9:.0f} GB free.")


def _catalogue(settings: Settings) -> Iterator[Finding]:
    catalogue = open_catalogue(settings.catalogue)
    own = settings.catalogue.path is not None
    yield Finding(
        "catalogue",
        "good" if own else "warning",
        f"{catalogue.path} ({catalogue.format}).",
        "" if own else "This is the made-up sample; set catalogue.path to your own.",
    )


def _embedder(settings: Settings) -> Iterator[Finding]:
    located = locate(settings.embedding.model, "embedder", settings)
    yield Finding("embedder", "good", f"{located.card.name} in {located.directory}, verified.")


def _writer(settings: Settings) -> Iterator[Finding]:
    if settings.writing.backend == "server":
        yield from _writer_server(settings)
        return
    located = locate(settings.writing.model, "writer", settings)
    yield Finding("writer", "good", f"{located.card.name} in {located.directory}, verified.")
    if settings.writing.quantization == "nf4" and find_spec("bitsandbytes") is None:
        yield Finding(
            "writer",
            "bad",
            "writing.quantization is nf4, and bitsandbytes is not installed.",
            'Run `pip install "lookbook[gpu]"`, or set writing.quantization to none.',
        )
    adapter = adapter_of(settings.writing.adapter, located.card.name)
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        yield Finding(
            "writer",
            "bad",
            f"{adapter} holds no LoRA adapter (adapter_config.json is missing).",
            "Set writing.adapter to a directory that PEFT saved, or remove it.",
        )


def _writer_server(settings: Settings) -> Iterator[Finding]:
    import httpx

    url = settings.writing.server.url
    try:
        httpx.get(f"{url.rstrip('/')}/models", timeout=5)
    except httpx.HTTPError as error:
        yield Finding(
            "writer",
            "bad",
            f"The writing server {url} does not answer ({type(error).__name__}).",
            "Start it, or correct writing.server.url.",
        )
    else:
        yield Finding("writer", "good", f"{settings.writing.server.model} at {url}.")


def _index(settings: Settings) -> Iterator[Finding]:
    opened = open_index(settings)
    try:
        count = opened.store.count_documents()
    finally:
        opened.close()
    expected = opened.manifest.counts.articles
    if count != expected:
        yield Finding(
            "index",
            "bad",
            f"{opened.version} holds {count} articles instead of {expected}.",
            "Run `lookbook index verify`.",
        )
    else:
        yield Finding("index", "good", f"{opened.version}: {count:,} articles, searchable.")
    if building := status(settings).building:
        yield Finding("index", "warning", f"A build is running{building}.")


def _state(settings: Settings) -> Iterator[Finding]:
    from bot.state.database import open_database, url_of

    engine = open_database(url_of(settings))
    yield Finding("state", "good", f"{engine.dialect.name}, up to date.")
    engine.dispose()


def _schedule(settings: Settings) -> Iterator[Finding]:
    from bot.schedule import trigger_of

    planned = trigger_of(settings.schedule)
    if planned is None:
        yield Finding("schedule", "good", "The index is refreshed by hand only.")
        return
    following = planned.get_next_fire_time(None, datetime.now(UTC))
    yield Finding(
        "schedule", "good", f"The index is refreshed next at {following:%Y-%m-%d %H:%M %Z}."
    )


def _chats(settings: Settings) -> Iterator[Finding]:
    from bot.adapters import NoPlatformError, open_adapters
    from bot.assistant.assistant import Assistant

    try:
        adapters = open_adapters(settings, Assistant(settings))
    except NoPlatformError as error:
        yield Finding("chats", "warning", error.problem, error.mend)
        return
    for adapter in adapters:
        try:
            detail = asyncio.run(adapter.check())
        except LookbookError as error:
            yield Finding("chats", "bad", error.problem, error.mend)
        else:
            yield Finding("chats", "good", detail)


CHECKS: dict[str, Check] = {
    "settings": _settings,
    "libraries": _libraries,
    "home": _home,
    "catalogue": _catalogue,
    "embedder": _embedder,
    "writer": _writer,
    "index": _index,
    "state": _state,
    "schedule": _schedule,
    "chats": _chats,
}
