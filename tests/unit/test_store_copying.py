"""Copies of shards: the same bytes, and no more disk than the original takes."""

from pathlib import Path

from pipeline.stores.copying import copy_tree

MEGABYTE = 1 << 20


def test_a_copy_has_the_same_bytes_and_keeps_the_holes(tmp_path: Path) -> None:
    source = tmp_path / "shard" / "segment"
    source.mkdir(parents=True)
    with (source / "page.dat").open("wb") as page:
        page.write(b"head")
        page.seek(20 * MEGABYTE)
        page.write(b"middle" * 1000)
        page.truncate(64 * MEGABYTE)
    (source / "empty.dat").touch()
    (source / "full.dat").write_bytes(bytes(range(256)) * 9000)
    with (source / "hole.dat").open("wb") as hole:
        hole.truncate(MEGABYTE)

    copy_tree(tmp_path / "shard", tmp_path / "copy")

    for file in source.iterdir():
        copied = tmp_path / "copy" / "segment" / file.name
        assert copied.read_bytes() == file.read_bytes(), file.name
    copied = tmp_path / "copy" / "segment" / "page.dat"
    assert copied.stat().st_blocks * 512 <= (source / "page.dat").stat().st_blocks * 512 + MEGABYTE
