"""`lookbook answer`: answer a file of labelled or logged queries, for scoring."""

import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.cli.console import stderr, tracked
from bot.cli.options import Config, Profile, Quiet
from config.errors import LookbookError
from config.settings import load_settings

UNNAMED_COUNT = 20
"""How many articles a query gets that names no number: the paper's top 20."""


class QueriesError(LookbookError):
    """The file of queries cannot be answered as it is."""


def answer(
    queries: Annotated[Path, typer.Option(metavar="FILE", help="JSONL: id and turns with text.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the answers go, JSONL.")],
    no_writing: Annotated[
        bool, typer.Option("--no-writing", help="Choose the articles only.")
    ] = False,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
) -> None:
    """Answer every turn of a file of queries, with the memory of a conversation's earlier turns.

    Writes one line {"id", "turn", "article_ids", ...} a turn.
    """
    conversations = list(_conversations(queries))
    settings = load_settings(profile, config)
    settings = settings.model_copy(
        update={"ranking": settings.ranking.model_copy(update={"default_count": UNNAMED_COUNT})}
    )

    from bot.records import record_of
    from pipeline.recommending import Recommender

    lines: list[str] = []
    milliseconds: list[float] = []
    with Recommender.open(settings, writing=not no_writing) as recommender:
        recommender.warm_up()
        for identifier, turns in tracked(conversations, "answering", shown=not quiet):
            memory = None
            for number, text in enumerate(turns):
                started = time.perf_counter()
                recommendation = recommender.recommend(text, previous=memory)
                milliseconds.append(1000 * (time.perf_counter() - started))
                memory = recommendation.constraints
                lines.append(
                    json.dumps(
                        {"id": identifier, "turn": number, **record_of(recommendation)},
                        ensure_ascii=False,
                    )
                )
    _write(out, lines)
    if not quiet and len(milliseconds) > 1:
        p95 = statistics.quantiles(milliseconds, n=20)[-1]
        stderr.print(
            f"{len(lines)} turns answered into {out}; per turn "
            f"p50 {statistics.median(milliseconds):.1f} ms, p95 {p95:.1f} ms.",
            style="muted",
            markup=False,
        )


def _conversations(path: Path) -> Iterator[tuple[str, list[str]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise QueriesError(
            f"The queries file {path} cannot be read.", "Give a UTF-8 file of JSON lines."
        ) from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            query: dict[str, Any] = json.loads(line)
            yield str(query["id"]), [str(turn["text"]) for turn in query["turns"]]
        except (ValueError, KeyError, TypeError):
            raise QueriesError(
                f"Line {number} of {path} is not a query.",
                'Write {"id": "...", "turns": [{"text": "..."}]} on each line.',
            ) from None


def _write(out: Path, lines: list[str]) -> None:
    """Put the whole answer file in place at once, so that nobody scores half of one."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        partial.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        raise QueriesError(
            f"The answers cannot be written to {out} ({type(error).__name__}).",
            "Give a path in a directory that this user may write.",
        ) from None
