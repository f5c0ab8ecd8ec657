"""Write the sample catalogue: made-up articles in H&M's columns, always the same bytes.

`shop.yaml` says where a garment hangs, `columns.yaml` numbers the columns' values, `phrases.yaml`
holds fabrics, palettes and names, and each file of `garments/` is a list of cuts. A cut is one
garment as a shop writer would plan it; its wordings (name -> descriptions) hold `<this|that>` for a
free choice and `{slot}` for a phrase. Every choice is drawn from a digest of the product's own
code, so an id once given stays with its cut whatever is added; a name that is taken is redrawn.

    python -m pipeline.sample.generator [--check]
"""

import argparse
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from pathlib import Path
from typing import Any, Final

import yaml

from config.errors import LookbookError
from pipeline.sample import SAMPLE_CATALOGUE

COLUMNS: Final = (
    "article_id",
    "product_code",
    "prod_name",
    "product_type_no",
    "product_type_name",
    "product_group_name",
    "graphical_appearance_no",
    "graphical_appearance_name",
    "colour_group_code",
    "colour_group_name",
    "perceived_colour_value_id",
    "perceived_colour_value_name",
    "perceived_colour_master_id",
    "perceived_colour_master_name",
    "department_no",
    "department_name",
    "index_code",
    "index_name",
    "index_group_no",
    "index_group_name",
    "section_no",
    "section_name",
    "garment_group_no",
    "garment_group_name",
    "detail_desc",
)
"""H&M's columns, in their order."""

_HERE: Final = Path(__file__).parent
_ATTEMPTS: Final = 200
_SLOT: Final = re.compile(r"\{(\w+)\}")
_SENTENCE: Final = re.compile(r"^[a-z]|(?<=\. )[a-z]")
_CHOICE: Final = re.compile(r"<([^<>]*)>")
_NUMBERS_OF_COLOURS: Final = "1" * 13 + "2" * 4 + "3" * 2 + "4"


class SampleCatalogueError(LookbookError):
    """The sample's tables do not make a catalogue, or the file is not what they make."""


class _Dice:
    """Choices that depend on a seed alone, the same on every Python and machine."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._throws = count()

    def pick(self, options: Sequence[str]) -> str:
        digest = blake2b(f"{self._seed}/{next(self._throws)}".encode(), digest_size=8).digest()
        return options[int.from_bytes(digest, "big") % len(options)]

    def pick_weighted(self, weights: Mapping[str, int]) -> str:
        return self.pick([name for name, weight in weights.items() for _ in range(weight)])


@dataclass(frozen=True)
class _Tables:
    """The YAML files beside this module."""

    shop: dict[str, dict[str, dict[str, list[Any]]]]
    columns: dict[str, dict[str, Any]]
    phrases: dict[str, Any]
    cuts: list[dict[str, Any]]

    @classmethod
    def load(cls) -> "_Tables":
        cuts = [cut for path in sorted(_HERE.glob("garments/*.yaml")) for cut in _read(path)]
        return cls(
            shop=_read(_HERE / "shop.yaml"),
            columns=_read(_HERE / "columns.yaml"),
            phrases=_read(_HERE / "phrases.yaml"),
            cuts=sorted(cuts, key=lambda cut: cut["cut"]),
        )

    def shelf(self, line: str, product_type: str, garment_group: str) -> list[Any]:
        """Return [index, section, department, department number] of a garment in a line."""
        shelves = self.shop[line]
        shelf = shelves.get("types", {}).get(product_type) or shelves["groups"].get(garment_group)
        if shelf is None:
            raise SampleCatalogueError(
                f"The line {line!r} has no shelf for {product_type} or {garment_group}.",
                "Add one to pipeline/sample/shop.yaml.",
            )
        return shelf

    def first_names(self, line: str) -> list[str]:
        return [
            name
            for pool in self.phrases["first_names"]
            if line in pool["lines"]
            for name in pool["names"]
        ]

    def fabrics(self, cut: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Return the (pattern, phrase) pairs that a cut may be made of."""
        fabric = cut["fabric"]
        phrases = self.phrases["fabrics"][fabric] if isinstance(fabric, str) else fabric
        patterns = cut.get("patterns", phrases)
        return [(pattern, phrase) for pattern in patterns for phrase in phrases[pattern]]


@dataclass(frozen=True)
class _Product:
    """What all colours of one product code share."""

    code: str
    line: str
    cut: Mapping[str, Any]
    name: str
    pattern: str
    description: str
    colours: list[str]


def sample_rows() -> list[dict[str, str]]:
    """Return the whole catalogue, one mapping of `COLUMNS` to text an article, in order of id."""
    tables = _Tables.load()
    return [row for product in _products(tables) for row in _rows(product, tables)]


def sample_csv() -> bytes:
    """Return the catalogue as the bytes of `articles.csv` (UTF-8, newline-terminated rows)."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sample_rows())
    return text.getvalue().encode()


def main() -> None:
    """Write `articles.csv`; with `--check`, only say whether it is up to date."""
    parser = argparse.ArgumentParser(description="Write the sample catalogue.")
    parser.add_argument("--check", action="store_true", help="fail if articles.csv is out of date")
    if not parser.parse_args().check:
        SAMPLE_CATALOGUE.write_bytes(sample_csv())
    elif not SAMPLE_CATALOGUE.is_file() or SAMPLE_CATALOGUE.read_bytes() != sample_csv():
        raise SampleCatalogueError(
            f"{SAMPLE_CATALOGUE.name} is not what its tables make.",
            "Run python -m pipeline.sample.generator.",
        )


def _products(tables: _Tables) -> Iterator[_Product]:
    taken: set[str] = set()
    for cut in tables.cuts:
        lines = [line for line, number in cut["lines"].items() for _ in range(number)]
        for serial, line in enumerate(lines):
            product = _new_product(cut, line, serial, tables, taken)
            taken |= {product.name.casefold(), product.description}
            yield product


def _new_product(
    cut: Mapping[str, Any], line: str, serial: int, tables: _Tables, taken: set[str]
) -> _Product:
    """Return the cut's product of that serial, its name and description not among those taken."""
    code = f"9{cut['cut']:03}{serial + 1:03}"
    wordings = [(noun, text) for noun, texts in cut["wordings"].items() for text in texts]
    noun, text = wordings[serial % len(wordings)]
    for attempt in range(_ATTEMPTS):
        dice = _Dice(f"{code}/{attempt}")
        pattern, fabric = _pick_fabric(tables.fabrics(cut), dice)
        slots = tables.phrases["slots"] | {"fabric": [fabric]}
        description = _expand(text, slots, dice)
        name = _name(noun, line, pattern, tables, dice)
        if taken.isdisjoint({name.casefold(), description}):
            colours = _colours(cut, tables, _Dice(f"{code}/colours"))
            return _Product(code, line, cut, name, pattern, description, colours)
    raise SampleCatalogueError(
        f"Cut {cut['cut']} has too few wordings for its number of products.",
        "Give its text more choices, or its lines smaller numbers.",
    )


def _pick_fabric(fabrics: Sequence[tuple[str, str]], dice: _Dice) -> tuple[str, str]:
    chosen = dice.pick([str(position) for position in range(len(fabrics))])
    return fabrics[int(chosen)]


def _name(noun: str, line: str, pattern: str, tables: _Tables, dice: _Dice) -> str:
    first = dice.pick(tables.first_names(line))
    noun = _expand(noun, tables.phrases["slots"], dice)
    adjective = tables.phrases["pattern_names"].get(pattern, "")
    if adjective and adjective not in noun and dice.pick("yyn") == "y":
        noun = f"{adjective} {noun}"
    return dice.pick(
        [f"{first} {noun}", f"{first} {noun}", f"{first.upper()} {noun}", f"{first} {noun}".upper()]
    )


def _colours(cut: Mapping[str, Any], tables: _Tables, dice: _Dice) -> list[str]:
    colours = cut["colours"]
    palette = tables.phrases["palettes"][colours] if isinstance(colours, str) else colours
    number = min(int(dice.pick(_NUMBERS_OF_COLOURS)), len(palette))
    chosen = [cut.get("lead") or dice.pick_weighted(palette)]
    while len(chosen) < number:
        chosen.append(
            dice.pick_weighted({name: palette[name] for name in palette if name not in chosen})
        )
    return chosen


def _expand(text: str, slots: Mapping[str, Sequence[str]], dice: _Dice) -> str:
    """Return the text with every slot and every choice filled in."""
    while slot := _SLOT.search(text):
        text = text[: slot.start()] + dice.pick(slots[slot[1]]) + text[slot.end() :]
    while choice := _CHOICE.search(text):
        text = text[: choice.start()] + dice.pick(choice[1].split("|")) + text[choice.end() :]
    text = " ".join(text.split()).replace(" ,", ",").replace(" .", ".")
    return _SENTENCE.sub(lambda start: start[0].upper(), text) if text.endswith(".") else text


def _rows(product: _Product, tables: _Tables) -> Iterator[dict[str, str]]:
    columns = tables.columns
    product_type, garment_group = product.cut["type"], product.cut["group"]
    type_no, product_group = columns["product_types"][product_type]
    index, section, department, department_no = tables.shelf(
        product.line, product_type, garment_group
    )
    index_code, index_group_no, index_group = columns["indexes"][index]
    for serial, colour in enumerate(product.colours, start=1):
        colour_code, value, master = columns["colours"][colour]
        cells = (
            f"{product.code}{serial:03}",
            product.code,
            product.name,
            type_no,
            product_type,
            product_group,
            columns["patterns"][product.pattern],
            product.pattern,
            colour_code,
            colour,
            columns["colour_values"][value],
            value,
            columns["colour_masters"][master],
            master,
            department_no,
            department,
            index_code,
            index,
            index_group_no,
            index_group,
            columns["sections"][section],
            section,
            columns["garment_groups"][garment_group],
            garment_group,
            product.description,
        )
        yield dict(zip(COLUMNS, map(str, cells), strict=True))


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
