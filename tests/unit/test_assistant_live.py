"""Exchanging the recommender while others still answer."""

import asyncio
from pathlib import Path

import pytest

from bot.assistant import live
from bot.assistant.live import LiveRecommender
from config.settings import Settings
from pipeline.index import IndexStateError, IndexVersions
from tests.fake_recommender import FakeRecommender


class Shop:
    """An index directory with versions that fakes answer from."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.opened: list[FakeRecommender] = []
        self.broken = ""
        self._versions = IndexVersions(self.settings.index_directory)

    def make_current(self, number: int) -> str:
        version = f"20260101T00000{number}Z-abcdef"
        self._versions.path(version).mkdir(parents=True)
        self._versions.make_current(version)
        return version

    def open(self, _: Settings) -> FakeRecommender:
        version = self._versions.current() or ""
        if version == self.broken:
            raise IndexStateError(f"{version} is damaged.", "Build again.")
        self.opened.append(FakeRecommender(version=version))
        return self.opened[-1]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


async def started(shop: Shop) -> LiveRecommender:
    recommender = LiveRecommender(shop.settings, shop.open)  # type: ignore[arg-type]
    await recommender.start()
    return recommender


async def test_the_same_version_is_opened_once(shop: Shop) -> None:
    version = shop.make_current(1)
    recommender = await started(shop)
    await recommender.refresh()
    assert recommender.version == version
    assert len(shop.opened) == 1
    await recommender.close()


async def test_the_old_version_is_closed_when_its_last_answer_is_done(shop: Shop) -> None:
    shop.make_current(1)
    recommender = await started(shop)
    with recommender.lease() as first, recommender.lease() as second:
        assert first is second
        newer = shop.make_current(2)
        await recommender.refresh()
        old, new = shop.opened
        assert recommender.version == newer
        assert not old.closed
        with recommender.lease() as third:
            assert third.recommender is new  # type: ignore[comparison-overlap]
    assert old.closed
    assert not new.closed
    await recommender.close()
    assert new.closed


async def test_an_unused_old_version_is_closed_at_once(shop: Shop) -> None:
    shop.make_current(1)
    recommender = await started(shop)
    shop.make_current(2)
    await recommender.refresh()
    assert [opened.closed for opened in shop.opened] == [True, False]
    await recommender.close()


async def test_a_version_that_another_process_made_live_is_taken(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_S", 0.01)
    shop.make_current(1)
    recommender = await started(shop)
    newer = shop.make_current(2)
    while recommender.version != newer:  # noqa: ASYNC110 - nobody tells when it has been noticed
        await asyncio.sleep(0.01)
    await recommender.close()


async def test_a_version_that_cannot_be_opened_leaves_the_old_one_answering(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    version = shop.make_current(1)
    recommender = await started(shop)
    shop.broken = shop.make_current(2)
    await recommender.refresh()
    await recommender.refresh()
    assert recommender.version == version
    assert recommender.problem is None
    assert caplog.text.count("is damaged") == 1
    await recommender.close()


async def test_before_there_is_a_version_lending_says_what_to_mend(shop: Shop) -> None:
    shop.broken = shop.make_current(1)
    recommender = await started(shop)
    assert recommender.version is None
    assert recommender.understander is None
    for _ in range(2):
        with pytest.raises(IndexStateError, match="is damaged"), recommender.lease():
            pass
    await recommender.close()
