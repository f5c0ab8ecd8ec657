"""An answer as plain data, for `--json` and answer files."""

from typing import Any

from pipeline.recommendation import Recommendation


def record_of(recommendation: Recommendation) -> dict[str, Any]:
    """Return the answer as JSON-ready values; `article_ids` are best first."""
    return {
        "article_ids": [item.article.id for item in recommendation.articles],
        "outcome": recommendation.constraints.outcome,
        "asked": recommendation.asked,
        "relaxations": list(recommendation.relaxations),
        "note": recommendation.note,
        "articles": [
            {
                "id": item.article.id,
                "name": item.article.name,
                "product_type": item.article.product_type,
                "colour": item.article.colour,
                "index_name": item.article.index_name,
                "price": item.article.price,
                "currency": item.article.currency,
                "url": item.article.url,
                "score": round(item.score, 4),
                "introduction": item.introduction.text if item.introduction else None,
                "written_by": item.introduction.written_by if item.introduction else None,
            }
            for item in recommendation.articles
        ],
        "constraints": recommendation.constraints.to_dict(),
        "index_version": recommendation.index_version,
        "timings_ms": {stage: round(ms, 2) for stage, ms in recommendation.timings.items()},
    }
