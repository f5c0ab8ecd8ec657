"""Sentences that every adapter says, in one voice: warm, short and exact. *Stars* mark emphasis."""

from collections.abc import Iterator

from pipeline.article import Article
from pipeline.index import STAGES, BuildReport, IndexStatus, Progress
from pipeline.personal import UnderstoodProfile
from pipeline.recommendation import Recommendation
from pipeline.understanding import Condition
from pipeline.understanding.features import tag

WELCOME = "Hello! Tell me what you are looking for, and I'll go through the shelves."
GOODBYE = "Come back any time."
FRIENDLY = (
    "I'm here for clothes, shoes and accessories. Tell me a garment, a colour or an occasion, "
    "and I'll find something."
)
DOT = " · "
_MOST_UNKNOWN = 5


def headline(recommendation: Recommendation) -> str:
    """Return the sentence that opens an answer."""
    constraints = recommendation.constraints
    if constraints.outcome == "off_topic":
        return FRIENDLY
    if constraints.outcome == "not_carried":
        return f"We don't carry *{constraints.subject}*, sorry. Is there anything else you'd like?"
    found = len(recommendation.articles)
    if found == 0:
        return f"{constraints.said()} Nothing in the shop matches. Shall we drop one of the wishes?"
    if found < recommendation.asked:
        only = "Only one matches." if found == 1 else f"Only {found} match."
        return f"{constraints.said()} {only}"
    return constraints.said()


def article_facts(article: Article) -> str:
    """Return the facts that stand beside an article's name."""
    facts = [article.product_type, article.colour, article.index_name, price(article)]
    return DOT.join(fact for fact in facts if fact)


def price(article: Article) -> str:
    """Return the price with its currency, "" where the catalogue has none."""
    if article.price is None:
        return ""
    return f"{article.price:,.2f} {article.currency}".strip()


def closing(recommendation: Recommendation) -> Iterator[str]:
    """Yield the lines that end an answer."""
    if (recommendation.constraints.count or 0) > recommendation.asked > 0:
        yield f"I show {recommendation.asked} at most at a time."
    if recommendation.repeats:
        yield repeats(recommendation.repeats, len(recommendation.articles))
    if recommendation.note:
        yield recommendation.note


ASK = "Tell me what you are looking for, for example *a warm red sweater for women*."
ENGLISH = (
    "I understand English best. Tell me a garment, a colour or an occasion in English, please."
)
EXPIRED = "I no longer have that answer. Ask me again, and I'll look afresh."
GONE = "That one has left the shop since. Shall I look for something new?"
ALL_SHOWN = "You have seen everything that matches. Shall we change one of the wishes?"
RESTARTING = "I'm restarting. Your answer comes right after."
RESTARTED = "I was restarted while I was looking, and too much time has passed. Please ask again."
STOPPED = "All right, I stopped."
FORGOTTEN = (
    "Done: I have erased your profile, your opinions, your conversations and answers. The messages "
    "in this chat are kept by the chat itself, not by me."
)
BEYOND_PROFILE = "Nothing met all of your profile, so I looked beyond it."
NO_PROFILE = "Done: I keep no profile of you."
HELP = (
    "Tell me what you are looking for, in your own words: *a black dress for a wedding*, *three "
    "warm sweaters under 40*, *something like this, but in red*. I search the whole shop and say "
    "why each piece fits.\n"
    "Below an answer you can turn pages, ask for more, for things like one of them or for the rest "
    "of an outfit, ask why a piece is there, and tell me what you like and what not: I learn from "
    "it at once. In a thread or a direct message I remember what we were looking for; say *start "
    "over* to begin anew, or *show me those again*.\n"
    "*/outfit* puts pieces together for a wish, */profile* is what you tell me of yourself, "
    "*/my-data* all that I keep of you, and */forget-me* has all of it forgotten."
)
BUSY = "Many people are asking just now, and my list is full. Please try again in a minute."
_ORDINALS = ("next", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")


def in_line(place: int) -> str:
    """Return what somebody is told who waits; place 1 is next."""
    known = place <= len(_ORDINALS)
    return f"You're {_ORDINALS[place - 1]} in line." if known else f"You're number {place} in line."


def too_soon(seconds: int) -> str:
    """Return what somebody is told who asks again at once."""
    unit = "second" if seconds == 1 else "seconds"
    return f"One thing after the other, please: I can take your next wish in {seconds} {unit}."


def used_up(limit: int) -> str:
    """Return what a workspace is told that has made all its requests of the day."""
    return f"All {limit:,} requests of today are used up. I'm back at 00:00 UTC."


def cut(longest: int) -> str:
    """Return the line that ends an answer to a message that was too long."""
    return f"I read the first {longest} characters of your message."


def alike(title: str) -> str:
    """Return the sentence that opens articles like one of them."""
    return f"These come closest to *{title}*."


def none_alike(title: str) -> str:
    """Return the answer where nothing is like an article."""
    return f"Nothing else in the shop comes close to *{title}*."


OUTFIT = "These pieces go together."


def goes_with(title: str) -> str:
    """Return the sentence that opens the rest of an outfit."""
    return f"These go with *{title}*."


def none_with(title: str) -> str:
    """Return the answer where nothing goes with an article."""
    return f"Nothing in the shop goes with *{title}*."


def why(recommendation: Recommendation, article: Article) -> str:
    """Return in a few words which of the wishes an article meets, "" if none was said."""
    constraints = recommendation.constraints
    meta = {**article.to_document().meta, "features": tag(article)}
    kinds = constraints.kinds if len(constraints.kinds) > 1 else ()
    said = (
        _met(condition)
        for condition in (*constraints.required, *constraints.preferred, *kinds)
        if condition.words and condition.holds(meta)
    )
    return DOT.join(dict.fromkeys(said))


def _met(condition: Condition) -> str:
    """Return a wish by itself; whom something is for without saying whose son or wife it is."""
    if condition.slot == "audience" and condition.facet != "ages":
        return f"for {condition.name.replace('|', ' or ')}"
    return condition.words


def opinion(title: str, *, liked: bool, holds: bool) -> str:
    """Return the thanks for an opinion, or for taking it back."""
    if not holds:
        return f"Taken back: I noted nothing about *{title}*."
    return f"Noted: you like *{title}*." if liked else f"Noted: *{title}* is not for you."


def kind_refused(product_type: str, *, holds: bool) -> str:
    """Return the thanks for turning a product type down, or for taking that back."""
    kind = product_type.lower()
    if not holds:
        return f"Taken back: *{kind}* may come again."
    return f"Noted: *{kind}* comes last from now on, unless you ask for it."


def profile_kept(meaning: UnderstoodProfile | None) -> str:
    """Return the thanks for a profile and how it is understood, as far as that is known."""
    if meaning is None:
        return "Noted. I'll go by it as soon as I can get at the shelves again."
    told = ["Noted.", meaning.said()]
    if meaning.unknown:
        words = _listed([f"*{word}*" for word in meaning.unknown[:_MOST_UNKNOWN]])
        told.append(f"I can't do anything with {words} in this shop, so I leave that aside.")
    return " ".join(part for part in told if part)


def because(title: str, why: str, reason: str) -> str:
    """Return the line that explains an article: by the wish, and by the taste of whoever asked."""
    told = "; ".join(part for part in (why, reason) if part)
    return f"*{title}*: {told or 'it comes closest to what was asked for'}."


def repeats(count: int, shown: int) -> str:
    """Return the line that says that what somebody has seen before had to fill an answer up."""
    if count < shown:
        which = "the last one" if count == 1 else f"the last {count}"
    else:
        which = "this one" if count == 1 else "all of these"
    return f"You have seen {which} before; nothing else matches."


def _listed(items: list[str]) -> str:
    return " and ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def no_such_option(slot: str, value: str, nearest: str) -> str:
    """Return the answer to a field of a command that names nothing in the shop."""
    mend = f" Did you mean *{nearest}*?" if nearest else " Leave that field out, and I'll look."
    return f"I know no {slot} called *{value}* here.{mend}"


def build_step(step: Progress) -> str:
    """Return how far a refresh of the index is."""
    number = STAGES.index(step.stage) + 1
    done = f"{step.done:,} of {step.total:,}" if step.total else f"{step.done:,}"
    return f"Step {number} of {len(STAGES)}, {step.stage}: {done}."


def build_done(report: BuildReport) -> str:
    """Return what a refresh of the index did."""
    articles = f"{report.counts.articles:,} articles"
    if report.kind == "none":
        return f"Nothing has changed: {articles}, version {report.version}."
    return (
        f"Done in {report.seconds:,.0f} s: {articles} are live, {report.added:,} new, "
        f"{report.changed:,} changed, {report.removed:,} gone. Version {report.version}."
    )


def build_running(since: str) -> str:
    """Return what a second asker for a refresh is told; `since` as in `IndexStatus.building`."""
    return f"A refresh is running already{since}. One at a time."


def index_state(status: IndexStatus) -> str:
    """Return what is live, and whether a refresh runs."""
    lines = []
    if status.live is None or status.live.manifest is None:
        lines.append("There is no index yet. Run a refresh to make one.")
    else:
        manifest = status.live.manifest
        lines.append(
            f"Version *{manifest.version}* is live: {manifest.counts.articles:,} articles of "
            f"{manifest.counts.product_codes:,} products, built {manifest.created:%Y-%m-%d %H:%M} "
            "UTC."
        )
    if status.building:
        lines.append(f"A refresh is running{status.building}.")
    return "\n".join(lines)
