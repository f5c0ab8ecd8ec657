"""Refreshing a real index from a chat, while answers go on."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.assistant.assistant import Assistant
from bot.assistant.replies import Notice
from bot.assistant.requests import Request
from config.settings import AssistantSettings, Settings
from pipeline.index import IndexVersions
from pipeline.index.build import build
from pipeline.index.locking import build_lock
from pipeline.recommending import Recommender
from tests.assistant_chat import ANN, Clock, RecordingDelivery, ask, request
from tests.index_shop import rows, shop_settings, write_catalogue


@pytest.fixture
def settings(tmp_path: Path, tiny_embedder: Path) -> Settings:
    catalogue = write_catalogue(tmp_path / "articles.csv", rows(40))
    made = shop_settings(tmp_path / "home", catalogue, tiny_embedder, quantization="none")
    assistant = AssistantSettings(cooldown_s=0, drain_s=0)
    made = made.model_copy(update={"assistant": assistant})
    build(made, full=False, report=lambda _: None)
    return made


def open_recommender(settings: Settings) -> Recommender:
    return Recommender.open(settings, writing=False)


@pytest.fixture
async def assistant(settings: Settings) -> AsyncIterator[Assistant]:
    made = Assistant(settings, open_recommender=open_recommender, clock=Clock())
    await made.start()
    yield made
    await made.stop()


def reindex(key: str = "") -> Request:
    return request("", action="reindex", key=key)


def change_catalogue(settings: Settings, count: int) -> None:
    assert settings.catalogue.path is not None
    write_catalogue(settings.catalogue.path, rows(count))


async def test_a_refresh_tells_its_progress_and_its_version_answers_at_once(
    settings: Settings, assistant: Assistant, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    before = assistant.live.version
    change_catalogue(settings, 48)
    refresh = RecordingDelivery()
    await assistant.submit(reindex(), refresh)
    meanwhile = []
    while not refresh.finished:
        delivery = RecordingDelivery()
        await assistant.submit(request("a dress"), delivery)
        while not delivery.finished:  # noqa: ASYNC110 - what is waited for sets no event
            await asyncio.sleep(0.005)
        meanwhile.append(delivery)
    assert refresh.notice.kind == "done"
    assert "48 articles are live, 8 new" in refresh.notice.text
    progress = [shown for shown in refresh.shown if isinstance(shown, Notice)]
    assert progress
    assert {notice.kind for notice in progress} == {"progress"}
    fractions = [notice.fraction or 0.0 for notice in progress]
    assert fractions == sorted(fractions)
    assert meanwhile
    assert all(delivery.answer.cards for delivery in meanwhile)
    now = IndexVersions(settings.index_directory).current()
    assert assistant.live.version == now != before
    audit = [r.getMessage() for r in caplog.records if "Audit" in r.getMessage()]
    assert len(audit) == 2
    assert all(ANN.key in line for line in audit)
    assert (await ask(assistant, request("a dress"))).answer.cards


async def test_nothing_new_is_said(assistant: Assistant) -> None:
    delivery = await ask(assistant, reindex())
    assert delivery.notice.kind == "done"
    assert "Nothing has changed: 40 articles" in delivery.notice.text
    assert "is live: 40 articles" in (await assistant.index_status()).text


async def test_a_second_asker_is_told_since_when_one_runs(
    settings: Settings, assistant: Assistant
) -> None:
    change_catalogue(settings, 44)
    first, second = RecordingDelivery(), RecordingDelivery()
    await assistant.submit(reindex(), first)
    await assistant.submit(reindex(), second)
    await assistant.idle()
    assert first.notice.kind == "done"
    assert second.notice.kind == "refused"
    assert "running already since 20" in second.notice.text
    assert len(IndexVersions(settings.index_directory).all()) == 2


async def test_a_build_of_another_process_is_not_joined_by_a_second(
    settings: Settings, assistant: Assistant
) -> None:
    change_catalogue(settings, 44)
    with build_lock(settings.index_directory):
        delivery = await ask(assistant, reindex())
        assert "A refresh is running since 20" in (await assistant.index_status()).text
    assert delivery.notice.kind == "refused"
    assert "running already since 20" in delivery.notice.text
    assert "pid" in delivery.notice.text


async def test_a_build_that_fails_leaves_what_is_live(
    settings: Settings, assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = assistant.live.version
    assert settings.catalogue.path is not None
    settings.catalogue.path.unlink()
    missing = await ask(assistant, reindex())
    assert missing.notice.kind == "failed"
    assert "articles.csv" in missing.notice.text
    assert len(missing.notice.reference) == 8
    change_catalogue(settings, 44)
    monkeypatch.setattr("pipeline.index.launching.sys.executable", "/bin/false")
    failed = await ask(assistant, reindex())
    assert failed.notice.kind == "failed"
    assert "What was live before still is" in failed.notice.text
    assert assistant.live.version == before
    assert (await ask(assistant, request("a dress"))).answer.cards


async def test_a_refresh_that_a_stop_interrupts_is_taken_up_again(settings: Settings) -> None:
    first = Assistant(settings, open_recommender=open_recommender, clock=Clock())
    await first.start()
    change_catalogue(settings, 44)
    delivery, again = RecordingDelivery(), RecordingDelivery()
    await first.submit(reindex("k"), delivery)
    while not delivery.shown:  # noqa: ASYNC110 - what is waited for sets no event
        await asyncio.sleep(0.005)
    await first.stop()
    second = Assistant(settings, open_recommender=open_recommender, clock=Clock())
    await second.start(lambda _: again)
    await second.idle()
    await second.stop()
    assert delivery.finished == []
    assert again.notice.kind == "done"


async def test_the_models_are_shared_by_the_old_and_the_new_version(
    settings: Settings, assistant: Assistant
) -> None:
    def embedder() -> object:
        with assistant.live.lease() as serving:
            serving.recommender.warm_up()
            component = serving.recommender.pipeline.get_component("text_embedder")
            closure = component._embed.__wrapped__.__closure__
            return next(c.cell_contents for c in closure if hasattr(c.cell_contents, "encode"))

    before = embedder()
    change_catalogue(settings, 44)
    await ask(assistant, reindex())
    assert embedder() is before
