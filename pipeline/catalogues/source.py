"""The file under a catalogue: its bytes, gzip or not, and its characters, whatever their code."""

import codecs
import gzip
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from pipeline.catalogues.errors import CatalogueError

_GZIP_MAGIC = b"\x1f\x8b"
_BLOCK = 1 << 20
_ESCAPED = re.compile("[\udc80-\udcff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")


class Source:
    """A regular, readable file. `suffix` is its extension in lower case, without ".gz".

    Raises CatalogueError for what is missing, empty, a directory or not to be read by this user.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self.reading():
            if not path.exists():
                raise CatalogueError(
                    f"The catalogue {path} does not exist.", "Check catalogue.path or --catalogue."
                )
            if not path.is_file():
                raise CatalogueError(
                    f"The catalogue {path} is not a file.", "Give the file itself."
                )
            with path.open("rb") as stream:
                head = stream.read(len(_GZIP_MAGIC))
        if not head:
            raise CatalogueError(f"The catalogue {path} is empty.", "Export it again.")
        self.gzipped = head.startswith(_GZIP_MAGIC)
        suffixes = [suffix.lower() for suffix in path.suffixes]
        if suffixes and suffixes[-1] == ".gz":
            suffixes.pop()
        self.suffix = suffixes[-1] if suffixes else ""
        self._state = self._stat()

    def digest(self) -> str:
        """Return the sha256 (64 hex digits) of the file's bytes as they lie on disk."""
        with self.reading(), self.path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()

    def open_bytes(self) -> BinaryIO:
        """Open the content, unpacked if it is gzip."""
        if self.gzipped:
            return cast("BinaryIO", gzip.open(self.path, "rb"))
        return self.path.open("rb")

    def peek(self, size: int) -> bytes:
        """Return the first bytes of the content."""
        with self.reading(), self.open_bytes() as stream:
            return stream.read(size)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Turn what can go wrong while reading into CatalogueError."""
        try:
            yield
        except EOFError:
            raise CatalogueError(
                f"The catalogue {self.path} ends early: its gzip stream is cut off.",
                "Copy or export it again.",
            ) from None
        except (gzip.BadGzipFile, zlib.error):
            raise CatalogueError(
                f"The catalogue {self.path} is damaged: its gzip stream does not unpack.",
                "Copy or export it again.",
            ) from None
        except UnicodeError:
            raise CatalogueError(
                f"The catalogue {self.path} is not sound UTF-16, though it starts like it.",
                "Export it as UTF-8.",
            ) from None
        except OSError as error:
            raise CatalogueError(
                f"The catalogue {self.path} cannot be read ({error.strerror or error}).",
                "Make it readable for this user.",
            ) from None

    def refuse_change(self) -> None:
        """Raise CatalogueError if the file is no longer the one that was opened."""
        with self.reading():
            state = self._stat()
        if state != self._state:
            raise CatalogueError(
                f"The catalogue {self.path} changed while it was read.",
                "Run again when its export has finished.",
            )

    def _stat(self) -> tuple[int, int, int]:
        stat = self.path.stat()
        return stat.st_ino, stat.st_size, stat.st_mtime_ns


class Text:
    """A source's characters. The code is found by reading the file once, a block at a time.

    A byte order mark decides; else UTF-8 unless most of what is not ASCII is broken as UTF-8,
    which makes it cp1252 (Latin-1 with the characters that shops use). Bytes that do not fit come
    out as lone surrogates.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        head = source.peek(4)
        self._errors = "surrogateescape"
        if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self.encoding, self._errors = "utf-16", "strict"
            self._count()
            return
        self.encoding = "utf-8-sig"
        broken, sound = self._count()
        if broken > sound and not head.startswith(codecs.BOM_UTF8):
            self.encoding = "cp1252"

    def open(self) -> TextIO:
        """Open the text, line ends as they are."""
        return io.TextIOWrapper(
            self.source.open_bytes(), encoding=self.encoding, errors=self._errors, newline=""
        )

    def _count(self) -> tuple[int, int]:
        """Return how many bytes are broken and how many characters beyond ASCII are sound."""
        decoder = codecs.getincrementaldecoder(self.encoding)(self._errors)
        broken = beyond = 0
        with self.source.reading(), self.source.open_bytes() as stream:
            while block := stream.read(_BLOCK):
                text = decoder.decode(block)
                if not text.isascii():
                    broken += len(_ESCAPED.findall(text))
                    beyond += len(_NOT_ASCII.findall(text))
            broken += len(_ESCAPED.findall(decoder.decode(b"", final=True)))
        return broken, beyond - broken
