import pytest
from haystack.errors import FilterError
from qdrant_client import models

from pipeline.stores.filters import to_edge_filter, to_qdrant_filter

pytestmark = pytest.mark.haystack


def _condition(operator, value, field="meta.colour"):
    return {"field": field, "operator": operator, "value": value}


@pytest.mark.parametrize("filters", [None, {}])
def test_no_filter_is_no_filter(filters):
    assert to_qdrant_filter(filters) is None
    assert to_edge_filter(filters) is None


def test_qdrants_own_filters_pass_as_they_are():
    own = models.Filter(
        must=[models.FieldCondition(key="content", match=models.MatchText(text="wool"))]
    )
    assert to_qdrant_filter(own) is own
    (condition,) = to_edge_filter(own).must
    assert (condition.key, condition.match.text) == ("content", "wool")


def test_not_denies_the_conjunction_of_its_conditions():
    given = [_condition("==", "Black"), _condition("==", "Dress", "meta.product_type")]
    denied = to_qdrant_filter({"operator": "NOT", "conditions": given})
    (conjunction,) = denied.must_not
    assert len(conjunction.must) == 2


def test_a_truth_value_stays_one_and_is_no_number():
    (condition,) = to_edge_filter(_condition("==", True, "meta.sale")).must
    assert condition.match.value is True
    (condition,) = to_edge_filter(_condition("==", 1, "meta.sale")).must
    assert condition.match.value == 1
    assert condition.match.value is not True


def test_bounds_reach_the_engine():
    filters = {
        "operator": "AND",
        "conditions": [
            _condition(">=", 10.5, "meta.price"),
            _condition("<", "2026-01-31T00:00:00", "meta.added"),
        ],
    }
    price, added = (condition.must[0].range for condition in to_edge_filter(filters).must)
    assert (price.gte, price.gt, price.lt) == (10.5, None, None)
    assert added.lt == "2026-01-31 00:00:00 UTC"


@pytest.mark.parametrize(
    ("match", "kind"),
    [
        (models.MatchAny(any=["a", "b"]), "MatchAny"),
        (models.MatchExcept(**{"except": ["a"]}), "MatchExcept"),
        (models.MatchText(text="a b"), "MatchText"),
        (models.MatchTextAny(text_any="a b"), "MatchTextAny"),
        (models.MatchPhrase(phrase="a b"), "MatchPhrase"),
    ],
)
def test_every_way_to_match_has_its_like(match, kind):
    own = models.Filter(should=[models.FieldCondition(key="content", match=match)])
    (condition,) = to_edge_filter(own).should
    assert type(condition.match).__name__ == kind


def test_a_minimum_of_conditions_is_kept():
    minimum = models.MinShould(
        conditions=[models.IsEmptyCondition(is_empty=models.PayloadField(key="meta.price"))],
        min_count=1,
    )
    assert to_edge_filter(models.Filter(min_should=minimum)).min_should.min_count == 1


@pytest.mark.parametrize(
    "filters",
    [
        {"conditions": []},
        {"operator": "AND"},
        {"operator": "AND", "conditions": []},
        {"operator": "AND", "conditions": [{}]},
        {"operator": "XOR", "conditions": [_condition("==", "a")]},
        _condition("like", "a"),
        _condition("in", "a"),
        _condition("in", None),
        _condition(">", "a word"),
        {"field": "meta.colour", "operator": "=="},
    ],
)
def test_a_malformed_filter_is_refused(filters):
    with pytest.raises(FilterError):
        to_edge_filter(filters)


def test_equality_of_fractions_is_refused_with_the_way_to_say_it():
    with pytest.raises(FilterError, match="Use >= and <="):
        to_edge_filter(_condition("==", 19.99, "meta.price"))


@pytest.mark.parametrize(
    "condition",
    [
        models.HasVectorCondition(has_vector="text-dense"),
        models.FieldCondition(key="meta.tags", values_count=models.ValuesCount(gt=1)),
    ],
)
def test_a_condition_the_engine_is_not_given_is_refused_by_name(condition):
    with pytest.raises(FilterError, match=r"HasVectorCondition|values_count"):
        to_edge_filter(models.Filter(must=[condition]))
