"""The App Home and the profile's form: within Slack's rules, and read back as they were filled."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.views import home, profile_view, sent_in
from bot.assistant.profile_form import FIELDS, FIRM_OPTIONS, filled
from bot.assistant.replies import Notice
from pipeline.personal import ShopperProfile
from tests.slack_server.modals import Modal
from tests.slack_server.rules import fault_of_view, pings

TEXT = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["", "<!channel>", "👗a" * 4000, "&" * 4000, "word " * 1500, "*" * 3001]),
)
PROFILES = st.builds(
    filled,
    st.fixed_dictionaries({field.part: TEXT for field in FIELDS}),
    st.sets(st.sampled_from(list(FIRM_OPTIONS))),
)
NOTICES = st.builds(Notice, kind=st.just("info"), text=TEXT)
URL = "https://hooks.slack.com/commands/T1/2/3"


def submitted(view: dict[str, Any], **given_by_label: Any) -> dict[str, Any]:
    """Return the view as Slack hands it over, with these inputs filled in by hand."""
    return {**view, "state": {"values": Modal("V1", "1.1", view).values(given_by_label)}}


@given(NOTICES, PROFILES | NOTICES, st.lists(TEXT, max_size=5), TEXT)
def test_every_app_home_is_a_view_that_slack_takes(
    notice: Notice, known: ShopperProfile | Notice, stored: list[str], said: str
) -> None:
    view = home(notice, known, stored, said)
    assert fault_of_view(view, "home") == ("", "")
    assert pings(view) == []


@given(PROFILES)
def test_every_form_is_a_view_that_slack_takes(profile: ShopperProfile) -> None:
    view = profile_view(profile, URL)
    assert fault_of_view(view, "modal") == ("", "")
    assert pings(view) == []


@given(
    st.fixed_dictionaries({field.part: st.text("a<&>ß 👗", max_size=40) for field in FIELDS}),
    st.sets(st.sampled_from(list(FIRM_OPTIONS))),
)
def test_a_form_sent_in_untouched_changes_nothing(texts: dict[str, str], firm: set[str]) -> None:
    profile = filled(texts, firm)
    assert sent_in(submitted(profile_view(profile, URL))) == (profile, URL)


def test_a_form_that_was_emptied_is_an_empty_profile() -> None:
    profile = ShopperProfile(wearer="women", likes="navy", firm=frozenset({"likes"}))
    labels = {field.label: "" for field in FIELDS}
    view = submitted(profile_view(profile), **labels, **{"What must always hold?": []})
    assert sent_in(view) == (ShopperProfile(), "")


def test_the_home_of_somebody_new_says_that_nothing_is_known() -> None:
    view = home(Notice("info", "Help."), ShopperProfile(), ["My answers, for 30 days"])
    assert "Nothing yet" in str(view)
    assert "My answers, for 30 days" in str(view)
