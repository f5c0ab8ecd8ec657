"""What people tell of themselves, see of it and take back: the form, their data, the App Home."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from bot.adapters.slack.blocks import message
from bot.adapters.slack.delivery import Run, SlackDelivery
from bot.adapters.slack.places import MessagePlace, Place, ResponsePlace
from bot.adapters.slack.views import home, profile_view
from bot.adapters.slack.web import SlackRefusal, SlackWeb
from bot.assistant.replies import Notice
from bot.assistant.requests import Shopper
from config.settings import Settings
from pipeline.personal import ShopperProfile

if TYPE_CHECKING:
    from bot.assistant.assistant import Assistant

DATA_FILE = "lookbook-my-data.json"
HERE_IT_IS = Notice("done", "This is all that I keep about you in this workspace.")
SENT = Notice("done", "I've sent you all that I keep about you, in our direct messages.")
NOT_OPENED = Notice("failed", "I couldn't open the form just now, sorry. Please try again.")
NOT_SENT = Notice("failed", "I couldn't send you your data just now, sorry. Please try again.")

_LOG = logging.getLogger(__name__)


class PersonalDesk:
    """One method for each thing that a person can do about themselves.

    With a `url`, a response URL, they are answered there and nobody else sees it; without one they
    did it on their App Home, and are answered there.
    """

    def __init__(self, settings: Settings, assistant: Assistant, web: SlackWeb, run: Run) -> None:
        self._settings = settings
        self._assistant = assistant
        self._web = web
        self._run = run

    async def show_home(self, shopper: Shopper, said: str = "") -> None:
        """Show the App Home."""
        profile = await self._assistant.profile(shopper)
        view = home(self._assistant.help(), profile, self._stored(), said)
        try:
            await self._web.publish_home(shopper.user, view)
        except SlackRefusal as refusal:
            _LOG.warning("An App Home could not be shown: %s.", refusal)

    async def open_form(self, shopper: Shopper, trigger: str, url: str = "") -> None:
        """Show the profile in its form; Slack takes the trigger for three seconds."""
        profile = await self._assistant.profile(shopper)
        if isinstance(profile, Notice):
            await self._tell(shopper, profile, url)
            return
        try:
            await self._web.open_view(trigger, profile_view(profile, url))
        except SlackRefusal as refusal:
            _LOG.warning("A form could not be opened: %s.", refusal)
            await self._tell(shopper, NOT_OPENED, url)

    async def keep(self, shopper: Shopper, profile: ShopperProfile, url: str = "") -> None:
        """Keep what a form says, and tell how it is understood."""
        notice = await self._assistant.set_profile(shopper, profile)
        await self._tell(shopper, notice, url)
        await self._refresh_home(shopper, url)

    async def send_data(self, shopper: Shopper, url: str = "") -> None:
        """Send all that is kept of a person, as a file in their direct messages."""
        data = await self._assistant.my_data(shopper)
        if isinstance(data, Notice):
            await self._tell(shopper, data, url)
            return
        content = json.dumps(data, ensure_ascii=False, indent=2).encode()
        try:
            direct, _ = await self._web.post(shopper.user, "", message(HERE_IT_IS))
            await self._web.send_file(direct, DATA_FILE, content)
        except SlackRefusal as refusal:
            _LOG.warning("Somebody's data could not be sent: %s.", refusal)
            await self._tell(shopper, NOT_SENT, url)
        else:
            await self._tell(shopper, SENT, url)

    async def forget(self, shopper: Shopper, url: str = "") -> None:
        """Forget a person, also what their App Home shows."""
        notice = await self._assistant.forget(shopper)
        await self._tell(shopper, notice, url, replaces=True)
        await self._refresh_home(shopper, url)

    async def _tell(
        self, shopper: Shopper, notice: Notice, url: str, *, replaces: bool = False
    ) -> None:
        if not url:
            await self.show_home(shopper, notice.text)
            return
        places: list[Place] = [
            ResponsePlace(self._web, url, replaces=replaces),
            MessagePlace(self._web, shopper.user, "", ""),
        ]
        await SlackDelivery(places, self._run).finish(notice)

    async def _refresh_home(self, shopper: Shopper, url: str) -> None:
        """Let the App Home show what is true now, where `_tell` has not."""
        if url:
            await self.show_home(shopper)

    def _stored(self) -> list[str]:
        state, personal = self._settings.state, self._settings.personal
        return [
            "Your profile, until you change it",
            f"What you like, dislike and never want to see, for {_days(personal.opinions_days)}",
            f"What we talked about, until {_days(state.conversations_days)} after your last words",
            f"My answers, for {_days(state.answers_days)}, so that buttons work",
            f"Which messages I have answered, as codes, for {_days(state.claims_days)}",
        ]


def _days(days: float) -> str:
    return "a day" if days == 1 else f"{days:g} days"
