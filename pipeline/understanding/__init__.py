"""What the shopper means: a learnt vocabulary, curated concepts, constraints, conversation."""

from pipeline.understanding.constraints import Condition, QueryConstraints
from pipeline.understanding.understander import Understander
from pipeline.understanding.vocabulary import Vocabulary

__all__ = ["Condition", "QueryConstraints", "Understander", "Vocabulary"]
