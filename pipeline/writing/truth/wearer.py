"""Who wears it? What is sold for babies is not introduced for a wife."""

from collections.abc import Iterator

from pipeline.article import Article
from pipeline.writing.lexicon import Lexicon, words_of
from pipeline.writing.truth.problem import Problem


def wrong_wearers(text: str, article: Article, lexicon: Lexicon) -> Iterator[Problem]:
    """Yield grown-ups who would get a child's article, and children who would get a grown-up's."""
    sold_for = set(words_of(f"{article.index_name} {article.section}"))
    own = set(words_of(article.description))
    if sold_for & lexicon.sold_for_children:
        wrong = lexicon.grown_ups
    elif sold_for & lexicon.sold_for_grown_ups:
        wrong = lexicon.small_children
    else:
        return
    words = words_of(text)
    for index, word in enumerate(words):
        following = words[index + 1] if index + 1 < len(words) else ""
        if word.removesuffix("'s") in wrong and word not in own and following != "shower":
            yield Problem("invented", word)
