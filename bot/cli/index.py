"""`lookbook index`: build, look at, check and roll back the index."""

from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from bot.cli.console import print_json, stderr, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import Settings, load_settings

if TYPE_CHECKING:
    from pipeline.index import BuildReport, VersionInfo
    from pipeline.index import Progress as Step

app = typer.Typer(no_args_is_help=True, help="Build, check and roll back the index.")

_MB = 1_000_000


@app.command()
def build(
    catalogue: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Catalogue to read instead of the one in the settings."),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Rebuild all of it, even what has not changed.")
    ] = False,
    profile: Profile = None,
    config: Config = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Index the catalogue. Only what changed is done again; the live version serves meanwhile."""
    from pipeline.index import build_index

    settings = load_settings(profile, config)
    if catalogue is not None:
        settings = _with_catalogue(settings, catalogue)
    with _Bars(shown=not (quiet or json)) as bars:
        report = build_index(settings, full=full, progress=bars.update)
    if json:
        print_json(report.to_dict())
    elif not quiet:
        _print_report(report, settings)


@app.command()
def status(profile: Profile = None, config: Config = None, json: Json = False) -> None:
    """Show which version is live, what it was made of, and whether a build runs."""
    from pipeline.index import status as index_status

    settings = load_settings(profile, config)
    found = index_status(settings)
    if json:
        live = found.live.manifest if found.live else None
        print_json(
            {
                "live": live.model_dump(mode="json", exclude={"files"}) if live else None,
                "versions": found.versions,
                "building": found.building.strip(),
            }
        )
        return
    if found.building:
        stdout.print(f"A build is running{found.building}.", style="warning", markup=False)
    if found.live is None or found.live.manifest is None:
        stdout.print("There is no index yet. Run `lookbook index build`.", markup=False)
        raise typer.Exit(1)
    manifest = found.live.manifest
    table = Table.grid(padding=(0, 3))
    table.add_row("Live version", manifest.version)
    table.add_row("Built", f"{manifest.created:%Y-%m-%d %H:%M} UTC ({manifest.changes.kind})")
    table.add_row("Catalogue", f"{manifest.catalogue.path} ({manifest.catalogue.format})")
    table.add_row(
        "Articles",
        f"{manifest.counts.articles:,} of {manifest.counts.product_codes:,} products",
    )
    table.add_row(
        "Left out",
        f"{manifest.counts.quarantined:,} bad rows, {manifest.counts.duplicates:,} duplicates",
    )
    table.add_row("Embedder", f"{manifest.embedder.model} ({manifest.embedder.dimension} floats)")
    table.add_row(
        "Quantization", f"{manifest.storage.quantization} {manifest.storage.compression}".strip()
    )
    table.add_row("Size", f"{found.live.size / _MB:,.0f} MB")
    table.add_row("Versions kept", str(found.versions))
    stdout.print(table)


@app.command()
def versions(profile: Profile = None, config: Config = None, json: Json = False) -> None:
    """List the versions that can be served, oldest first."""
    from pipeline.index import list_versions

    found = list_versions(load_settings(profile, config))
    if json:
        print_json([_version_record(info) for info in found])
        return
    if not found:
        stdout.print("There is no index yet. Run `lookbook index build`.", markup=False)
        return
    table = Table("Version", "Articles", "Made by", "Size", "", box=None, header_style="muted")
    for info in found:
        mark = "live" if info.live else "rollback goes here" if info.rollback_target else ""
        if info.manifest is None:
            table.add_row(info.version, "", "", "", info.problem, style="warning")
        else:
            table.add_row(
                info.version,
                f"{info.manifest.counts.articles:,}",
                info.manifest.changes.kind,
                f"{info.size / _MB:,.0f} MB",
                mark,
            )
    stdout.print(table)


@app.command()
def rollback(
    version: Annotated[
        str | None, typer.Argument(help="Version to serve; without one, the one before the live.")
    ] = None,
    profile: Profile = None,
    config: Config = None,
) -> None:
    """Serve an earlier version again."""
    from pipeline.index import rollback as index_rollback

    stdout.print(f"{index_rollback(load_settings(profile, config), version)} is live again.")


@app.command()
def verify(
    version: Annotated[
        str | None, typer.Argument(help="Version to check; without one, the live one.")
    ] = None,
    profile: Profile = None,
    config: Config = None,
    json: Json = False,
) -> None:
    """Read every file of a version and say what is damaged, missing or does not fit."""
    from pipeline.index import verify as index_verify

    report = index_verify(load_settings(profile, config), version)
    if json:
        print_json(
            {
                "version": report.version,
                "sound": report.sound,
                "problems": [
                    {"problem": found.problem, "mend": found.mend} for found in report.problems
                ],
            }
        )
    elif report.sound:
        stdout.print(
            f"{report.version} is sound: {report.files} files, {report.size / _MB:,.0f} MB read.",
            style="good",
        )
    for found in () if json else report.problems:
        stderr.print(found.problem, style="bad", markup=False)
        stderr.print(found.mend, markup=False)
    if not report.sound:
        raise typer.Exit(1)


class _Bars:
    """A progress bar for each stage of a build, on standard error."""

    def __init__(self, *, shown: bool) -> None:
        self._bars = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(bar_width=30),
            TextColumn("{task.fields[count]:>17}"),
            TextColumn("{task.fields[rate]:>10}", style="muted"),
            TimeRemainingColumn(),
            console=stderr,
            disable=not shown,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None and "swapping" in self._tasks:
            # The last step is told before it is taken, so that it can still be stopped.
            self._bars.update(self._tasks["swapping"], completed=1, count="1/1")
        self._bars.stop()

    def update(self, step: "Step") -> None:
        """Show how far a stage is."""
        if step.stage not in self._tasks:
            self._tasks[step.stage] = self._bars.add_task(step.stage, count="", rate="")
        self._bars.update(
            self._tasks[step.stage],
            completed=step.done,
            total=step.total or None,
            count=f"{step.done:,}/{step.total:,}" if step.total else f"{step.done:,}",
            rate=f"{step.rate:,.0f}/s" if step.rate >= 1 else "",
        )


def _with_catalogue(settings: Settings, path: Path) -> Settings:
    catalogue = settings.catalogue.model_copy(update={"path": path})
    return settings.model_copy(update={"catalogue": catalogue})


def _print_report(report: "BuildReport", settings: Settings) -> None:
    if report.kind == "none":
        stdout.print(f"Nothing to do: {report.reason}. {report.version} stays live.", markup=False)
        return
    counts = report.counts
    stdout.print(
        f"[good]{report.version} is live[/]: {counts.articles:,} articles of "
        f"{counts.product_codes:,} products, {report.size / _MB:,.0f} MB, in "
        f"{report.seconds:,.1f} s ({report.peak_memory_mb:,} MB of memory at most)."
    )
    stdout.print(
        f"{report.kind.capitalize()} build ({report.reason}); {report.embedded:,} texts embedded.",
        markup=False,
    )
    if counts.quarantined:
        place = settings.index_directory / report.version / "quarantine.jsonl"
        stdout.print(
            f"{counts.quarantined:,} rows were left out; {place} says which and why.",
            style="warning",
            markup=False,
        )
    if counts.duplicates:
        stdout.print(
            f"{counts.duplicates:,} articles were there more than once; the last was kept.",
            style="warning",
        )


def _version_record(info: "VersionInfo") -> dict[str, object]:
    return {
        "version": info.version,
        "live": info.live,
        "rollback_target": info.rollback_target,
        "problem": info.problem,
        "articles": info.manifest.counts.articles if info.manifest else None,
        "size": info.size,
    }
