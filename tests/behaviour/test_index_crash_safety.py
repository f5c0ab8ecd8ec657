"""Builds that are killed, starved or raced leave the live version as it was."""

import json
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from pipeline.catalogues import CatalogueError
from pipeline.index import (
    BuildRunningError,
    IndexBuildError,
    IndexStateError,
    IndexVersions,
    Progress,
    Stage,
    build_index,
    open_index,
    rollback,
    status,
    verify,
)
from pipeline.index.build import build
from pipeline.index.locking import build_lock
from tests.index_shop import answer, rows, shop_settings, write_catalogue
from tests.tiny_embedder import make_tiny_embedder

ARTICLES = 80

# A clean process that has the heavy imports behind it and is forked for every build.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["pipeline.index.build", "pipeline.models.encoder"])


def build_once(settings: Settings, report: Callable[[Progress], None] = lambda _: None) -> None:
    build(settings, full=False, report=report)


def build_and_die(settings: Settings, stage: Stage, nth: int) -> None:
    """Build in small batches until the nth report of a stage, and be killed there."""
    from pipeline.index import making

    making.BATCH = 16
    seen = 0

    def report(progress: Progress) -> None:
        nonlocal seen
        seen += progress.stage == stage
        if seen == nth:
            os.kill(os.getpid(), signal.SIGKILL)

    build_once(settings, report)


def run(target: Callable[..., None], *arguments: object) -> int | None:
    process = _PROCESSES.Process(target=target, args=arguments)
    process.start()
    process.join()
    return process.exitcode


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, tiny_embedder: Path) -> Settings:
    """A shop with a live version; no test leaves it with a worse one."""
    home = tmp_path_factory.mktemp("shop")
    catalogue = write_catalogue(home / "articles.csv", rows(ARTICLES))
    settings = shop_settings(home, catalogue, tiny_embedder)
    assert run(build_once, settings) == 0
    return settings


@pytest.fixture
def live(shop: Settings) -> Iterator[str]:
    """The live version, beside a catalogue that has changed; it must outlive the test's build."""
    assert shop.catalogue.path is not None
    version = IndexVersions(shop.index_directory).current()
    assert version is not None
    changed = rows(ARTICLES)
    changed[7]["detail_desc"] = f"Changed after {version}."
    write_catalogue(shop.catalogue.path, changed)
    yield version
    assert IndexVersions(shop.index_directory).current() == version
    assert verify(shop).problems == []
    assert answer(shop, "0000000004")[0] == "0000000004"


def assert_next_build_cleans_up(settings: Settings, before: str) -> None:
    assert run(build_once, settings) == 0
    versions = IndexVersions(settings.index_directory)
    assert versions.leftovers() == []
    assert versions.current() != before
    assert status(settings).building == ""
    opened = open_index(settings)
    try:
        found = opened.store.filter_documents(
            {"field": "meta.article_id", "operator": "==", "value": "0000000007"}
        )
    finally:
        opened.close()
    assert found[0].meta["description"] == f"Changed after {before}."
    versions.make_current(before)  # for the fixture's last word


@pytest.mark.parametrize(
    ("stage", "nth"),
    [
        ("reading", 1),
        ("embedding", 1),
        ("embedding", 2),
        ("writing", 2),
        ("optimizing", 1),
        ("optimizing", 2),
        ("verifying", 1),
        ("verifying", 2),
        ("swapping", 1),  # built, not yet renamed
        ("swapping", 2),  # renamed, not yet named by CURRENT
    ],
)
def test_a_killed_refresh_leaves_the_live_version_and_the_next_one_cleans_up(
    shop: Settings, live: str, stage: Stage, nth: int
) -> None:
    assert run(build_and_die, shop, stage, nth) == -signal.SIGKILL
    assert IndexVersions(shop.index_directory).current() == live
    assert answer(shop, "0000000004")[0] == "0000000004"
    assert_next_build_cleans_up(shop, live)


@pytest.mark.parametrize(
    ("stage", "nth"), [("embedding", 4), ("writing", 3), ("optimizing", 1), ("swapping", 2)]
)
def test_a_killed_full_build_leaves_the_live_version(
    shop: Settings, live: str, stage: Stage, nth: int, tmp_path: Path
) -> None:
    other = make_tiny_embedder(tmp_path / "other", seed=1)
    embedding = shop.embedding.model_copy(update={"model": str(other)})
    changed = shop.model_copy(update={"embedding": embedding})
    assert run(build_and_die, changed, stage, nth) == -signal.SIGKILL
    assert_next_build_cleans_up(shop, live)


@pytest.mark.parametrize(("stage", "nth"), [("writing", 2), ("swapping", 1), ("swapping", 2)])
def test_a_killed_first_build_leaves_no_index_and_the_next_one_makes_it(
    tmp_path: Path, tiny_embedder: Path, stage: Stage, nth: int
) -> None:
    catalogue = write_catalogue(tmp_path / "articles.csv", rows(40))
    settings = shop_settings(tmp_path, catalogue, tiny_embedder)
    assert run(build_and_die, settings, stage, nth) == -signal.SIGKILL
    with pytest.raises(IndexStateError, match="no index") as caught:
        open_index(settings)
    assert "lookbook index build" in caught.value.mend
    assert run(build_once, settings) == 0
    assert answer(settings, "0000000004")[0] == "0000000004"


def test_the_death_of_the_build_process_is_told_with_its_stage(shop: Settings, live: str) -> None:
    def kill(progress: Progress) -> None:
        if progress.stage == "embedding":
            note = json.loads((shop.index_directory / "build.lock").read_text())
            os.killpg(note["pid"], signal.SIGKILL)

    with pytest.raises(IndexBuildError, match=r"killed by SIGKILL while \w+") as caught:
        build_index(shop, progress=kill)
    assert "build.log" in caught.value.mend
    assert status(shop).building == ""


def test_a_cancelled_build_stops_and_frees_the_lock(shop: Settings, live: str) -> None:
    cancel = threading.Event()
    with pytest.raises(IndexBuildError, match="cancelled"):
        build_index(shop, progress=lambda _: cancel.set(), cancel=cancel)
    with build_lock(shop.index_directory):
        assert IndexVersions(shop.index_directory).current() == live


def test_an_orphaned_build_gives_up_before_it_swaps(shop: Settings, live: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline.index.build_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    request = {"settings": shop.model_dump(mode="json"), "full": False}
    process.stdin.write(json.dumps(request).encode() + b"\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["progress"]["stage"] == "reading"
    process.stdin.close()  # as the kernel does when the parent dies
    kinds = [next(iter(json.loads(line))) for line in process.stdout]
    assert process.wait() == 1
    assert set(kinds) <= {"progress"}
    assert IndexVersions(shop.index_directory).leftovers() == []


def test_a_full_disk_is_said_and_leaves_no_litter(shop: Settings, live: str) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, limits[1]))  # inherited by the build
    try:
        with pytest.raises(IndexBuildError, match=r"disk of .* is full") as caught:
            build_index(shop, full=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "Free space" in caught.value.mend
    assert IndexVersions(shop.index_directory).leftovers() == []


def test_a_second_build_is_refused_with_who_builds_since_when(shop: Settings, live: str) -> None:
    with (
        build_lock(shop.index_directory),
        pytest.raises(BuildRunningError, match=rf"already running since .*\(pid {os.getpid()}\)"),
    ):
        build_index(shop)


def test_no_rollback_while_a_build_runs(shop: Settings, live: str) -> None:
    with build_lock(shop.index_directory), pytest.raises(BuildRunningError):
        rollback(shop)


def test_a_catalogue_that_disappears_leaves_the_live_version(shop: Settings, live: str) -> None:
    assert shop.catalogue.path is not None
    shop.catalogue.path.rename(shop.catalogue.path.with_suffix(".away"))
    with pytest.raises(CatalogueError, match="does not exist"):
        build_index(shop)
    with pytest.raises(CatalogueError, match="does not exist"):
        build_index(shop, full=True)


def test_a_catalogue_that_is_replaced_while_it_is_read_is_refused(
    shop: Settings, live: str
) -> None:
    assert shop.catalogue.path is not None
    path = shop.catalogue.path

    def replace(progress: Progress) -> None:
        if progress.stage == "reading":
            write_catalogue(path, rows(ARTICLES - 1))

    with pytest.raises(CatalogueError, match="changed while it was read"):
        build(shop, full=False, report=replace)
