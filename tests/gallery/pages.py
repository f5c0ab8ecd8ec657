"""HTML that looks like the chats' clients, from the payloads that they are sent."""

import html
import re
from collections.abc import Mapping
from typing import Any

_STYLE = """
body{margin:0;padding:18px 22px;font:15px/1.46 'Liberation Sans',Arial,sans-serif;width:620px}
.row{display:flex;gap:10px}.who{font-weight:700}.app{font-size:10px;
padding:1px 4px;border-radius:3px}
.avatar{width:36px;height:36px;border-radius:8px;background:#7a5c48;color:#fff;text-align:center;
line-height:36px;font-weight:700;flex:none}.grow{flex:1;min-width:0}a{text-decoration:none}
.discord{background:#313338;color:#dbdee1}.discord .who{color:#f2f3f5}
.discord .app{background:#5865f2;color:#fff}.discord .avatar{border-radius:50%}
.embed{border-left:4px solid;border-radius:4px;background:#2b2d31;padding:10px 14px;margin:6px 0;
max-width:470px;display:flex;gap:12px}.embed .title{font-weight:700;color:#f2f3f5}
.embed a.title{color:#00a8fc}.embed .foot{font-size:12px;color:#b5bac1;margin-top:6px}
.small{font-size:12.5px;color:#949ba4}.select{background:#1e1f22;border-radius:4px;color:#949ba4;
padding:9px 12px;margin:5px 0;max-width:400px;display:flex;justify-content:space-between}
.discord .button{background:#4e5058;color:#fff;border-radius:4px;padding:6px 14px;font-size:14px}
.discord .button.main{background:#5865f2}.discord .button.danger{background:#da373c}
.button.off{opacity:.45}.buttons{display:flex;gap:7px;flex-wrap:wrap;margin:6px 0}
.form{background:#313338;border-radius:8px;max-width:480px;padding:18px 22px;
border:1px solid #1e1f22}.form b{display:block;margin-top:14px;font-size:14px}.form h3{margin:0}
.form .select{max-width:none;color:#dbdee1;min-height:20px}.form .tall{min-height:62px}
.form .hint{color:#949ba4}.form .buttons{justify-content:flex-end;margin-top:18px}
.slack{background:#fff;color:#1d1c1d}.slack .app{background:#e8e8e8;color:#616061}
.slack .button{border:1px solid #bbb;border-radius:4px;
padding:4px 11px;font-weight:600;font-size:13px}
.slack .button.main{background:#007a5a;color:#fff;border-color:#007a5a}
.slack .form{background:#fff;border-color:#ccc}.slack .select{background:#fff;color:#1d1c1d;
border:1px solid #888}.slack .hint{color:#8a8a8a}
.slack .button.danger{color:#e01e5a;border-color:#e01e5a}.slack a{color:#1264a3}
.section{display:flex;gap:12px;margin:5px 0;justify-content:space-between}
.context{color:#616061;font-size:12.5px;margin:5px 0}.slack hr{border:0;border-top:1px solid #ddd}
.picture{width:80px;height:80px;border-radius:6px;flex:none;background:
linear-gradient(135deg,#c9a58a,#7a5c48 60%,#4b382c)}.header{font-weight:700;font-size:18px}
"""


def discord_page(payload: Mapping[str, Any], *, private: bool = False) -> str:
    """Return a Discord message as a page, `private` as one that only one person sees."""
    parts = [f"<div>{_discord(payload['content'])}</div>"]
    for embed in payload["embeds"]:
        tag, link = ("a", f' href="{_text(embed["url"])}"') if embed.get("url") else ("div", "")
        title = f'<{tag} class="title"{link}>{_discord(embed.get("title", ""))}</{tag}>'
        foot = embed.get("footer", {}).get("text", "")
        picture = '<div class="picture"></div>' if "thumbnail" in embed else ""
        parts.append(
            f'<div class="embed" style="border-color:#{embed.get("color", 0):06x}">'
            f'<div class="grow">{title}<div>{_discord(embed.get("description", ""))}</div>'
            f'<div class="foot">{_text(foot)}</div></div>{picture}</div>'
        )
    for row in payload["components"]:
        parts.append('<div class="buttons">' + "".join(map(_discord_part, row["components"])))
        parts.append("</div>")
    if private:
        parts.append('<div class="small">👁 Only you can see this</div>')
    return _page("discord", "".join(parts))


def discord_form(modal: Mapping[str, Any]) -> str:
    """Return a Discord modal as a page."""
    fields = "".join(
        f"<b>{_text(label['label'])}</b>{_discord_input(label['component'])}"
        for label in modal["components"]
    )
    buttons = f'<div class="buttons">{_button("Cancel", "")}{_button("Submit", " main")}</div>'
    return _form("discord", f"<h3>{_text(modal['title'])}</h3>{fields}{buttons}")


def _discord_input(field: Mapping[str, Any]) -> str:
    chosen = [each["label"] for each in field.get("options", []) if each.get("default")]
    filled = field.get("value") or ", ".join(chosen)
    shown = filled or field["placeholder"]
    kind = ("" if filled else " hint") + (" tall" if field.get("style") == 2 else "")
    mark = "<span>▾</span>" if "options" in field else ""
    return f'<div class="select{kind}">{_text(shown)}{mark}</div>'


def _discord_part(part: Mapping[str, Any]) -> str:
    if part["type"] == 3:
        return f'<div class="select grow">{_text(part["placeholder"])}<span>▾</span></div>'
    kind = {1: " main", 4: " danger"}.get(part["style"], "")
    return _button(part.get("label", ""), kind + (" off" if part.get("disabled") else ""))


def slack_page(payload: Mapping[str, Any], *, private: bool = False) -> str:
    """Return a Slack message, `private` as one that only one person sees, or a Home view."""
    body = "".join(map(_slack_block, payload["blocks"]))
    eye = '<div class="context">👁 Only visible to you</div>' if private else ""
    return _page("slack", eye + body)


def slack_form(modal: Mapping[str, Any]) -> str:
    """Return a Slack modal as a page."""
    fields = "".join(map(_slack_block, modal["blocks"]))
    buttons = "".join(
        _button(modal[part]["text"], kind) for part, kind in (("close", ""), ("submit", " main"))
    )
    return _form(
        "slack", f"<h3>{_text(modal['title']['text'])}</h3>{fields}<p class='buttons'>{buttons}</p>"
    )


def _slack_block(block: Mapping[str, Any]) -> str:
    match block["type"]:
        case "section":
            picture = '<div class="picture"></div>' if "accessory" in block else ""
            return f'<div class="section"><div>{_slack(block["text"]["text"])}</div>{picture}</div>'
        case "context":
            texts = " ".join(_slack(element["text"]) for element in block["elements"])
            return f'<div class="context">{texts}</div>'
        case "actions":
            return f'<div class="buttons">{"".join(map(_slack_element, block["elements"]))}</div>'
        case "input":
            return f"<b>{_text(block['label']['text'])}</b>{_slack_input(block['element'])}"
        case "header":
            return f'<div class="header">{_text(block["text"]["text"])}</div>'
        case "divider":
            return "<hr>"
    raise ValueError(block["type"])


def _slack_element(element: Mapping[str, Any]) -> str:
    if element["type"] == "overflow":
        lines = " · ".join(option["text"]["text"] for option in element["options"])
        return _button("⋯", "") + f'<span class="context">{_text(lines)}</span>'
    kind = {"danger": " danger", "primary": " main"}.get(element.get("style", ""), "")
    return _button(element["text"]["text"], kind)


def _slack_input(element: Mapping[str, Any]) -> str:
    if element["type"] == "checkboxes":
        ticked = element.get("initial_options", [])
        return "".join(
            f"<div>{'☑' if option in ticked else '☐'} {_text(option['text']['text'])}</div>"
            for option in element["options"]
        )
    filled = element.get("initial_value", "")
    kind = ("" if filled else " hint") + (" tall" if element["multiline"] else "")
    return f'<div class="select{kind}">{_text(filled or element["placeholder"]["text"])}</div>'


def _button(label: str, kind: str) -> str:
    return f'<span class="button{kind}">{_text(label)}</span>'


def _form(kind: str, body: str) -> str:
    head = f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>'
    return f'{head}<body class="{kind}"><div class="form">{body}</div>'


def _page(kind: str, body: str) -> str:
    who = '<span class="who">Lookbook</span> <span class="app">APP</span>'
    return (
        f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style><body class="{kind}">'
        f'<div class="row"><div class="avatar">L</div><div class="grow">{who}{body}</div></div>'
    )


def _discord(markdown: str) -> str:
    lines = []
    for line in _text(markdown).split("\n"):
        small = line.startswith("-# ")
        shown = re.sub(r"\\([\\*_~`|>#\[\]().:-])", lambda m: f"&#{ord(m[1])};", line[3 * small :])
        shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", shown)
        shown = re.sub(r"(?<!\w)[*_](\S.*?)[*_](?!\w)", r"<i>\1</i>", shown)
        lines.append(f'<span class="small">{shown}</span>' if small else shown)
    return "<br>".join(lines)


def _slack(mrkdwn: str) -> str:
    shown = re.sub(r"<(https?://[^|>]+)\|([^>]*)>", "\x01\\1\x02\\2\x03", mrkdwn)
    shown = html.escape(html.unescape(shown), quote=False)
    shown = re.sub("\x01(.*?)\x02(.*?)\x03", r'<a href="\1">\2</a>', shown)
    shown = re.sub(r"\*([^*\n]+)\*", r"<b>\1</b>", shown)
    shown = re.sub(r"(?<![\w/])_([^_\n]+)_(?!\w)", r"<i>\1</i>", shown)
    return shown.replace("\n", "<br>")


def _text(text: str) -> str:
    return html.escape(text, quote=False)
