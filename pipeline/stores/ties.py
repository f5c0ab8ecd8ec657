"""An order for what an engine finds equally good."""

from collections.abc import Iterable
from typing import Any


def without_ties(points: Iterable[Any]) -> list[Any]:
    """Return Qdrant's scored points best first, those of equal score by their ids.

    Reciprocal rank fusion gives many equal scores (third and fifth is as good as fifth and third),
    and the engine returns those in another order each time; so would the answers be.
    """
    return sorted(points, key=lambda point: (-point.score, str(point.id)))
