"""`lookbook doctor`: everything an operator can get wrong, checked, with the mend of each."""

from dataclasses import asdict

import typer

from bot.cli.console import print_json, stdout
from bot.cli.options import Config, Json, Profile, Quiet
from config.settings import load_settings

MARKS = {"good": "[good]ok  [/]", "warning": "[warning]note[/]", "bad": "[bad]bad [/]"}


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
    for finding in () if json else findings:
        if quiet and finding.severity != "bad":
            continue
        stdout.print(f"{MARKS[finding.severity]} [heading]{finding.subject:<12}[/]", end=" ")
        stdout.print(finding.text, markup=False)
        if finding.mend:
            stdout.print(f"{'':17} {finding.mend}", style="muted", markup=False)
    if any(finding.severity == "bad" for finding in findings):
        raise typer.Exit(1)
