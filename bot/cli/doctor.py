"""`lookbook doctor`: everything an operator can get wrong, checked, with the mend of each."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.console import print_json, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings

if TYPE_CHECKING:
    from bot.diagnosis import Finding

MARKS = {"good": "ok", "warning": "note", "bad": "bad"}


def doctor(
    profile: Profile = None, config: Config = None, quiet: Quiet = False, json: Json = False
) -> None:
    """Check settings, models, index, catalogue and disk, and say how to mend what is wrong.

    Exits with 1 if anything would keep Lookbook from answering.
    """
    from bot.diagnosis import diagnose

    findings = diagnose(load_settings(profile, config))
    if json:
        print_json([asdict(finding) for finding in findings])
    else:
        stdout.print(_table(findings, everything=not quiet))
    if any(finding.severity == "bad" for finding in findings):
        raise typer.Exit(1)


def _table(findings: list["Finding"], *, everything: bool) -> Table:
    table = Table.grid(padding=(0, 2))
    for finding in findings:
        if everything or finding.severity == "bad":
            text = Text(finding.text)
            if finding.mend:
                text.append(f"\n{finding.mend}", style="muted")
            mark = Text(MARKS[finding.severity], style=finding.severity)
            table.add_row(mark, Text(finding.subject, style="heading"), text)
    return table
