"""Guesses of what a customer buys next, over a shop small enough to check by hand."""

import math
from dataclasses import replace

import numpy as np
import pytest

from pipeline.evaluation.next_purchases import (
    CUT,
    NEAREST,
    PLAIN,
    POPULARITY,
    PROFILE,
    REPEATS,
    SELLING,
    SIGNALS,
    Candidates,
    Shop,
    candidates,
    chosen_weights,
    guess_scores,
)
from pipeline.evaluation.purchases import HeldOut, Sales

DAY = 18_000
BLACK_COAT, RED_COAT, PARKA, DRESS, GOWN, SOCKS = range(6)
SHOP = Shop(
    row_of={str(row): row for row in range(6)},
    ids=[str(row) for row in range(6)],
    types=["Coat", "Coat", "Coat", "Dress", "Dress", "Socks"],
    products=np.array([0, 0, 1, 2, 3, 4]),
    vectors=np.array(
        [[1, 0, 0], [0.96, 0.28, 0], [0.8, 0.6, 0], [0, 1, 0], [0, 0.8, 0.6], [0, 0, 1]],
        dtype=np.float32,
    ),
)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def customer(
    *before: tuple[int, int], bought: tuple[int, ...] = (SOCKS,), day: int = DAY
) -> HeldOut:
    """A customer with purchases before the day, each an article and how many days before."""
    return HeldOut(
        customer="anna",
        day=day,
        before=ints(*(article for article, _ in before)),
        days=ints(*(day - ago for _, ago in before)),
        bought=ints(*bought),
    )


SALES = Sales(
    articles=ints(DRESS, DRESS, DRESS, SOCKS, SOCKS, PARKA, GOWN),
    days=ints(DAY - 3, DAY - 2, DAY - 1, DAY - 1, DAY - 1, DAY, DAY + 5),
)


def proposed(who: HeldOut, sales: Sales = SALES) -> Candidates:
    return next(iter(candidates(SHOP, [who], sales, half_life_days=30.0)))


def guesses(who: HeldOut, signal: str) -> list[int]:
    return proposed(who).guesses({signal: 1.0}).tolist()


def test_hits_are_scored_as_in_the_competition() -> None:
    recall, average_precision, ndcg = guess_scores(ints(7, 1, 8, 2), ints(1, 2, 3))
    assert recall == pytest.approx(2 / 3)
    assert average_precision == pytest.approx((1 / 2 + 2 / 4) / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert ndcg == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)


def test_all_of_the_first_guesses_being_hits_is_perfect_however_much_was_bought() -> None:
    bought = np.arange(2 * CUT)
    assert guess_scores(bought[:CUT], bought) == pytest.approx([0.5, 1, 1])


def test_no_guess_scores_nothing_and_late_ones_do_not_count() -> None:
    assert guess_scores(ints(), ints(1)) == pytest.approx([0, 0, 0])
    late = np.arange(100, 100 + CUT)
    assert guess_scores(np.append(late, 1), ints(1)) == pytest.approx([0, 0, 0])


def test_a_newcomer_is_offered_what_sold_before_the_day_and_nothing_else() -> None:
    newcomer = customer()
    assert guesses(newcomer, POPULARITY) == [DRESS, SOCKS]
    for signal in set(SIGNALS) - {POPULARITY}:
        assert guesses(newcomer, signal) == []


def test_repeats_are_what_was_bought_and_then_its_other_colours() -> None:
    assert guesses(customer((RED_COAT, 1)), REPEATS) == [RED_COAT, BLACK_COAT]
    assert guesses(customer((SOCKS, 300), (RED_COAT, 1)), REPEATS)[0] == RED_COAT


def test_content_is_near_what_was_bought() -> None:
    bought = customer((BLACK_COAT, 1))
    for signal in (PLAIN, PROFILE, NEAREST):
        assert guesses(bought, signal)[:3] == [BLACK_COAT, RED_COAT, PARKA]


def test_only_the_profile_forgets() -> None:
    changed = customer((BLACK_COAT, 400), (BLACK_COAT, 400), (SOCKS, 1))
    assert guesses(changed, PLAIN)[0] == BLACK_COAT
    assert guesses(changed, PROFILE)[0] == SOCKS


def test_what_sold_lately_is_preferred_to_what_no_longer_sells() -> None:
    assert guesses(customer((GOWN, 1)), NEAREST)[0] == GOWN
    assert guesses(customer((GOWN, 1)), SELLING)[0] == DRESS


def test_a_purchase_on_the_held_out_day_changes_nothing() -> None:
    who = customer((GOWN, 1), (RED_COAT, 40))
    later = Sales(np.append(SALES.articles, [GOWN] * 9), np.append(SALES.days, [DAY] * 9))
    order = np.argsort(later.days, kind="stable")
    sold_more = Sales(later.articles[order], later.days[order])
    known, more = proposed(who), proposed(replace(who, bought=ints(GOWN, PARKA)), sold_more)
    assert known.articles.tolist() == more.articles.tolist()
    assert known.strengths == pytest.approx(more.strengths)


def test_a_blend_learns_which_signal_to_trust_and_keeps_popularity_for_newcomers() -> None:
    loyal = [
        *(customer((article, 2), bought=(article,)) for article in (PARKA, GOWN, RED_COAT)),
        *(customer((BLACK_COAT, 2), bought=(PARKA,)) for _ in range(3)),
    ]
    known = list(candidates(SHOP, loyal, SALES, half_life_days=30.0))
    weights = chosen_weights(known, [SELLING, NEAREST])
    assert max(weights[SELLING], weights[NEAREST]) > 0
    assert weights[POPULARITY] > 0
    assert proposed(customer()).guesses(weights).tolist() == [DRESS, SOCKS]

    def ndcg(tried: dict[str, float]) -> float:
        return float(np.mean([one.scores(tried)[-1] for one in known]))

    assert ndcg(weights) >= max(ndcg({REPEATS: 1.0}), ndcg({POPULARITY: 1.0}))
