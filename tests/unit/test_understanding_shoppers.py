"""Some six hundred sentences of shoppers who had not seen the code, on the sample catalogue."""

from typing import Any

import pytest

from tests.unit.understanding_catalogues import sample
from tests.unit.understanding_rows import ROWS, misread


@pytest.mark.parametrize(
    "row", [row for row in ROWS if "only" not in row], ids=lambda row: str(row["ask"])[:60]
)
def test_a_shopper_is_understood(row: dict[str, Any]) -> None:
    assert misread(sample(), row) == []
