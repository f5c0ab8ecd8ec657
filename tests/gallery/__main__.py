"""Draw the gallery: `python -m tests.gallery --out docs/gallery`, with Chromium on the PATH.

Needs an index in LOOKBOOK__HOME. Pages imitate the clients' looks; the payloads are the real ones.
"""

import argparse
import asyncio
import io
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageChops
from rich.console import Console

from bot.adapters.console import render
from bot.adapters.discord.controls import panel
from bot.adapters.discord.embeds import notice_text
from bot.adapters.discord.forms import ProfileForm
from bot.adapters.discord.rendering import payload
from bot.adapters.slack.blocks import message, names_of
from bot.adapters.slack.views import home, profile_view
from bot.assistant.answers import answer_reply
from bot.assistant.replies import AnswerReply, Notice, Reply
from bot.cli.console import THEME
from bot.phrases import HELP, because
from config.settings import load_settings
from pipeline.personal import Part, ShopperProfile
from pipeline.recommending import Recommender
from tests.gallery.pages import discord_form, discord_page, slack_form, slack_page
from tests.gallery.replies import ASKED, replies

BROWSER = "chromium"
HEIGHT = 1700
FIRM: frozenset[Part] = frozenset({"dislikes"})
PROFILE = ShopperProfile("women", "glitter, wool, black", "leopard print", "", firm=FIRM)
KEPT = ("Your profile, until you change it", "My answers, for 30 days, so that buttons work")


def photograph(page: str, target: Path) -> None:
    """Write a picture of a page, cut to what is on it."""
    with tempfile.TemporaryDirectory() as directory:
        source, shot = Path(directory, "page.html"), Path(directory, "shot.png")
        source.write_text(page, encoding="utf-8")
        subprocess.run(
            [
                BROWSER,
                "--headless",
                "--no-sandbox",
                "--hide-scrollbars",
                f"--window-size=680,{HEIGHT}",
                f"--screenshot={shot}",
                source.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        with Image.open(shot) as opened:
            picture = opened.convert("RGB")
    ground = Image.new("RGB", picture.size, picture.getpixel((0, picture.height - 1)))
    _, _, _, bottom = ImageChops.difference(picture, ground).getbbox() or (0, 0, 0, HEIGHT)
    cut = picture.crop((0, 0, picture.width, min(bottom + 18, picture.height)))
    cut.quantize(96).save(target, optimize=True)


def discord_extras(reply: Reply) -> dict[str, str]:
    """Return what only Discord has: an article's own buttons after "Why this?", and the form."""
    assert isinstance(reply, AnswerReply)
    card = reply.cards[0]
    why = Notice("info", because(card.title, card.why, "you like *glitter*"))
    one = {
        "content": notice_text(why),
        "embeds": payload(reply)["embeds"][:1],
        "components": panel(reply.answer_id, card.position, private=False).to_components(),
    }
    return {
        "discord-one-article": discord_page(one, private=True),
        "discord-profile": discord_form(ProfileForm(PROFILE).to_dict()),
    }


def slack_extras(reply: Reply) -> dict[str, str]:
    """Return what only Slack has: the App Home, the form, what a command is told meanwhile."""
    return {
        "slack-home": slack_page(home(Notice("info", HELP), PROFILE, KEPT)),
        "slack-profile": slack_form(profile_view(PROFILE)),
        "slack-names-first": slack_page(message(names_of(reply)), private=True),
    }


async def payloads(shown: list[tuple[str, Reply]]) -> dict[str, str]:
    """Return pages by name; discord.py makes its buttons only under an event loop."""
    pages = {}
    for name, reply in shown:
        pages[f"discord-{name}"] = discord_page(payload(reply))
        private = name == "answer"
        pages[f"slack-{name}"] = slack_page(message(reply, private=private), private=private)
    (whole,) = (reply for name, reply in shown if name == "answer")
    return pages | discord_extras(whole) | slack_extras(whole)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/gallery"))
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with Recommender.open(load_settings()) as recommender:
        shown = list(replies(recommender))
        console = Console(record=True, width=84, theme=THEME, file=io.StringIO())
        found = recommender.recommend(ASKED["answer"])
        console.print(render.answer(answer_reply(found)), render.explanation(found))
    (out / "console.svg").write_text(console.export_svg(title="lookbook recommend --explain"))
    for name, page in asyncio.run(payloads(shown)).items():
        photograph(page, out / f"{name}.png")
    names = [name for name, _ in shown]
    rows = [
        f"| ![{n} on Discord](discord-{n}.png) | ![{n} on Slack](slack-{n}.png) |" for n in names
    ]
    index = [
        "# Gallery",
        "",
        "What people see. Made by `python -m tests.gallery` of the payloads that go over the wire;",
        "the looks of the two clients are imitated, and what a menu holds stands beside it.",
        "",
        "| Discord | Slack |",
        "|---|---|",
        *rows,
        "",
        "One article's own buttons on Discord, and the form of `/profile`:",
        "",
        "| | |",
        "|---|---|",
        "| ![one article](discord-one-article.png) | ![a profile](discord-profile.png) |",
        "",
        "Slack's App Home, the form of `/profile`, and what a command is told while its answer is",
        "written:",
        "",
        "| | |",
        "|---|---|",
        "| ![App Home](slack-home.png) | ![a profile](slack-profile.png) |",
        "| ![names first](slack-names-first.png) | |",
        "",
        "The terminal:",
        "",
        "![lookbook recommend --explain](console.svg)",
        "",
    ]
    (out / "README.md").write_text("\n".join(index), encoding="utf-8")


if __name__ == "__main__":
    main()
