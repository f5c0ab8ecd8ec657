import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from config.settings import HnswSettings
from pipeline.index.errors import BuildRunningError, IndexStateError
from pipeline.index.locking import LOCK_FILE, build_lock, running_build
from pipeline.index.manifest import (
    CatalogueRecord,
    ChangesRecord,
    Counts,
    EmbedderRecord,
    Manifest,
    StorageRecord,
    file_records,
    missing_or_resized,
)
from pipeline.index.versions import CURRENT, IndexVersions


def manifest(version: str, previous: str | None = None, **changes: object) -> Manifest:
    values: dict[str, object] = {
        "version": version,
        "previous": previous,
        "created": datetime(2026, 11, 25, tzinfo=UTC),
        "lookbook": "0.1.0",
        "rules": "r",
        "embedder": EmbedderRecord(
            model="m", sha256="e" * 64, dimension=8, pooling="mean", query_instruction=""
        ),
        "storage": StorageRecord(
            backend="edge", quantization="product", compression="x16", hnsw=HnswSettings()
        ),
        "catalogue": CatalogueRecord(
            path="a.csv", format="hm", sha256="c" * 64, mapping={}, currency=""
        ),
        "counts": Counts(articles=1, texts=1, product_codes=1, quarantined=0, duplicates=0),
        "changes": ChangesRecord(
            kind="full", reason="first", added=1, changed=0, removed=0, embedded=1
        ),
        "libraries": {},
        "timings_s": {},
        "peak_memory_mb": 1,
        "files": {},
    }
    return Manifest.model_validate({**values, **changes})


def publish(versions: IndexVersions, digest: str, *, live: bool = True) -> str:
    try:
        previous = versions.current()
    except IndexStateError:
        previous = None
    version = versions.new_name(digest)
    manifest(version, previous).write(versions.start(version))
    versions.publish(version)
    if live:
        versions.make_current(version)
    return version


@pytest.fixture
def versions(tmp_path: Path) -> IndexVersions:
    return IndexVersions(tmp_path / "index")


def test_nothing_is_live_before_the_first_build(versions: IndexVersions) -> None:
    assert versions.all() == []
    assert versions.current() is None
    assert versions.rollback_target() is None


def test_names_carry_time_and_digest_and_sort_by_age(versions: IndexVersions) -> None:
    names = [publish(versions, digest) for digest in ("ffffff9", "0000001", "abcdef0")]
    assert names == sorted(names) == versions.all()
    assert [name.partition("-")[2] for name in names] == ["ffffff", "000000", "abcdef"]


def test_a_clock_that_was_set_back_does_not_make_an_older_name(versions: IndexVersions) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    future = f"{tomorrow:%Y%m%dT%H%M%SZ}-aaaaaa"
    versions.path(future).mkdir(parents=True)
    assert versions.new_name("bbbbbb") > future


def test_a_published_version_is_not_live_before_current_names_it(versions: IndexVersions) -> None:
    first = publish(versions, "aaaaaa")
    second = publish(versions, "bbbbbb", live=False)
    assert versions.all() == [first, second]
    assert versions.current() == first
    versions.make_current(second)
    assert versions.current() == second


def test_a_version_in_the_making_is_not_a_version(versions: IndexVersions) -> None:
    versions.start(versions.new_name("aaaaaa"))
    assert versions.all() == []


@pytest.mark.parametrize("content", [b"20200101T000000Z-abcdef\n", b"", b"../..", b"\xff\xfe"])
def test_current_that_points_nowhere_is_said(versions: IndexVersions, content: bytes) -> None:
    publish(versions, "aaaaaa")
    (versions.directory / CURRENT).write_bytes(content)
    with pytest.raises(IndexStateError, match="not there") as caught:
        versions.current()
    assert "rollback" in caught.value.mend


def test_rollback_goes_to_what_the_live_version_replaced(versions: IndexVersions) -> None:
    first, bad = publish(versions, "aaaaaa"), publish(versions, "bbbbbb")
    versions.make_current(first)
    publish(versions, "cccccc")
    assert versions.rollback_target() == first, f"not {bad}, which was rolled back before"


def test_rollback_from_a_damaged_version_goes_to_the_one_before(versions: IndexVersions) -> None:
    first, second = publish(versions, "aaaaaa"), publish(versions, "bbbbbb")
    (versions.path(second) / "manifest.json").write_text('{"format": 2, "versi')
    assert versions.rollback_target() == first


def test_rollback_with_current_pointing_nowhere_goes_to_the_newest_before_it(
    versions: IndexVersions,
) -> None:
    first, second = publish(versions, "aaaaaa"), publish(versions, "bbbbbb")
    versions.remove(second)
    assert versions.rollback_target() == first


def test_the_newest_versions_are_kept(versions: IndexVersions) -> None:
    names = [publish(versions, digest * 6) for digest in "abcd"]
    assert versions.removable(2) == names[:2]
    assert versions.removable(3) == names[:1]


def test_neither_the_live_version_nor_its_rollback_target_is_removed(
    versions: IndexVersions,
) -> None:
    names = [publish(versions, digest * 6) for digest in "abcd"]
    versions.make_current(names[1])
    assert versions.removable(1) == [names[2]], "live b, its target a, newest d stay"


def test_keeping_one_version_still_keeps_the_rollback_target(versions: IndexVersions) -> None:
    names = [publish(versions, digest * 6) for digest in "abc"]
    assert versions.removable(1) == names[:1]


def test_an_open_file_of_a_removed_version_stays_readable(versions: IndexVersions) -> None:
    first = publish(versions, "aaaaaa")
    publish(versions, "bbbbbb")
    with (versions.path(first) / "manifest.json").open() as stream:
        versions.remove(first)
        assert json.load(stream)["version"] == first
    assert first not in versions.all()


def test_what_killed_builds_left_behind_is_removed(versions: IndexVersions) -> None:
    kept = publish(versions, "aaaaaa")
    building = versions.new_name("bbbbbb")
    (versions.start(building) / "shard").mkdir()
    removing = versions.directory / ".removing-20200101T000000Z-cccccc"
    removing.mkdir()
    assert sorted(versions.clean()) == ["20200101T000000Z-cccccc", building]
    assert versions.all() == [kept]
    assert versions.leftovers() == []


def test_a_manifest_comes_back_as_written(versions: IndexVersions) -> None:
    version = publish(versions, "aaaaaa")
    assert Manifest.read(versions.path(version)) == manifest(version)


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b'{"format": 2}', b"\x00" * 100, b"[]"],
    ids=["empty", "cut", "fields missing", "zeros", "list"],
)
def test_a_damaged_manifest_is_said(versions: IndexVersions, damage: bytes) -> None:
    version = publish(versions, "aaaaaa")
    (versions.path(version) / "manifest.json").write_bytes(damage)
    with pytest.raises(IndexStateError, match=r"manifest\.json is damaged"):
        Manifest.read(versions.path(version))


def test_a_manifest_of_another_format_is_refused(versions: IndexVersions) -> None:
    version = publish(versions, "aaaaaa")
    path = versions.path(version) / "manifest.json"
    path.write_text(path.read_text().replace('"format": 2', '"format": 1'))
    with pytest.raises(IndexStateError, match="another Lookbook"):
        Manifest.read(versions.path(version))


def test_a_version_without_manifest_is_incomplete(versions: IndexVersions) -> None:
    version = publish(versions, "aaaaaa")
    (versions.path(version) / "manifest.json").unlink()
    with pytest.raises(IndexStateError, match="incomplete"):
        Manifest.read(versions.path(version))


def test_file_records_name_every_file_but_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "shard").mkdir()
    (tmp_path / "shard" / "a").write_bytes(b"abc")
    (tmp_path / "b").write_bytes(b"")
    (tmp_path / "manifest.json").write_text("{}")
    records = file_records(tmp_path)
    assert set(records) == {"shard/a", "b"}
    assert records["shard/a"].size == 3
    assert records["shard/a"].sha256.startswith("ba7816bf")
    whole = manifest("20200101T000000Z-aaaaaa", files=records)
    assert missing_or_resized(tmp_path, whole) == []
    (tmp_path / "b").write_bytes(b"x")
    (tmp_path / "shard" / "a").unlink()
    assert missing_or_resized(tmp_path, whole) == ["b", "shard/a"]


def test_compression_counts_only_with_product_quantization() -> None:
    from config.settings import IndexSettings

    scalar = IndexSettings(quantization="scalar", compression="x8")
    assert StorageRecord.of(scalar).compression == ""
    assert StorageRecord.of(IndexSettings(compression="x8")).compression == "x8"
    assert StorageRecord.of(scalar).to_settings(IndexSettings()).quantization == "scalar"


def test_a_second_build_is_told_who_builds(tmp_path: Path) -> None:
    with build_lock(tmp_path):
        assert f"(pid {os.getpid()})" in (running_build(tmp_path) or "")
        with (
            pytest.raises(BuildRunningError, match=rf"already running since .*\(pid {os.getpid()}"),
            build_lock(tmp_path),
        ):
            pass
    assert running_build(tmp_path) is None
    with build_lock(tmp_path):
        pass


def test_the_note_of_a_killed_build_does_not_count(tmp_path: Path) -> None:
    long_ago = {"pid": os.getpid(), "since": "2001-01-01T00:00:00+00:00"}
    (tmp_path / LOCK_FILE).write_text(json.dumps(long_ago))
    assert running_build(tmp_path) is None, "the process id was given to another process since"
    with build_lock(tmp_path):
        assert running_build(tmp_path) is not None
