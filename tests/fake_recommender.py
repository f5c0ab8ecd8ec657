"""A recommender without models, for tests of what is around one."""

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from types import SimpleNamespace

from config.settings import Settings
from pipeline.article import Article
from pipeline.personal import Taste
from pipeline.recommendation import Recommendation, RecommendedArticle
from pipeline.understanding import QueryConstraints, Understander, Vocabulary
from pipeline.writing import Introduction

OnArticles = Callable[[Recommendation], None]


def articles(count: int) -> list[Article]:
    """Return made-up dresses, each a product of its own."""
    colours = ("Red", "Black", "Dark Blue")
    return [
        Article(
            id=f"{number:03}",
            product_code=f"p{number:03}",
            name=f"Model {number}",
            product_type="Dress",
            colour=colours[number % 3],
            colour_family=("Red", "Black", "Blue")[number % 3],
            index_name="Ladieswear",
            index_group="Ladieswear",
            section="Womens Everyday Collection",
            description="A soft dress with a straight hem.",
            url=f"https://shop.example/{number:03}",
        )
        for number in range(count)
    ]


class FakeRecommender:
    """Finds the first articles that meet the constraints and introduces them in a fixed sentence.

    What a taste has seen comes last, and every article's reason is the likes of its profile.
    `calls` are the messages and actions in the order in which they began, `tastes` what came with
    them. While `gate` is not set,
    every answer waits after its articles were handed out; `error` is raised instead of answering,
    and `relaxations` are told with each answer.
    """

    def __init__(self, shelf: list[Article] | None = None, *, version: str = "v1") -> None:
        self.shelf = articles(30) if shelf is None else shelf
        vocabulary = Vocabulary.learn(self.shelf)
        self.index = SimpleNamespace(version=version, vocabulary=vocabulary)
        self.understander = Understander(vocabulary)
        self.calls: list[str] = []
        self.seen: list[QueryConstraints] = []
        self.tastes: list[Taste] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.error: Exception | None = None
        self.relaxations: tuple[str, ...] = ()
        self.written = True
        self.closed = False

    def open(self, _: Settings) -> "FakeRecommender":
        """Stand in for `Recommender.open`."""
        return self

    def warm_up(self) -> None:
        """Have nothing to load."""

    def close(self) -> None:
        """Remember that nobody needs it any more."""
        self.closed = True

    def recommend(
        self,
        message: str,
        *,
        count: int | None = None,
        previous: QueryConstraints | None = None,
        exclude: Collection[str] = (),
        taste: Taste | None = None,
        on_articles: OnArticles | None = None,
        stop: threading.Event | None = None,
    ) -> Recommendation:
        """Answer a message."""
        constraints = self.understander.understand(message, previous)
        return self._answer(message, constraints, count, exclude, taste, on_articles, stop)

    def more(
        self,
        constraints: QueryConstraints,
        *,
        count: int | None = None,
        exclude: Collection[str] = (),
        taste: Taste | None = None,
        on_articles: OnArticles | None = None,
        stop: threading.Event | None = None,
    ) -> Recommendation:
        """Answer constraints."""
        return self._answer("<more>", constraints, count, exclude, taste, on_articles, stop)

    def similar(
        self,
        article_id: str,
        *,
        constraints: QueryConstraints | None = None,
        count: int | None = None,
        exclude: Collection[str] = (),
        taste: Taste | None = None,
        on_articles: OnArticles | None = None,
        stop: threading.Event | None = None,
    ) -> Recommendation:
        """Find others than the article itself."""
        own = {a.product_code for a in self.shelf if a.id == article_id}
        wanted = constraints or QueryConstraints()
        unlike = {*exclude, *own}
        return self._answer("<similar>", wanted, count, unlike, taste, on_articles, stop)

    def outfit(
        self,
        article_id: str = "",
        message: str = "",
        *,
        constraints: QueryConstraints | None = None,
        taste: Taste | None = None,
        count: int | None = None,
        exclude: Collection[str] = (),
        on_articles: OnArticles | None = None,
        stop: threading.Event | None = None,
    ) -> Recommendation:
        """Find others than the article itself, or what meets a message."""
        own = {a.product_code for a in self.shelf if a.id == article_id}
        wanted = constraints or self.understander.understand(message)
        unlike = {*exclude, *own}
        found = self._answer("<outfit>", wanted, count, unlike, taste, on_articles, stop)
        worn = (replace(a, reasons=("*calm* beside it", *a.reasons)) for a in found.articles)
        return replace(found, articles=tuple(worn))

    def _answer(  # noqa: PLR0917 - two more than the product's own, which it stands in for
        self,
        call: str,
        constraints: QueryConstraints,
        count: int | None,
        exclude: Collection[str],
        taste: Taste | None,
        on_articles: OnArticles | None,
        stop: threading.Event | None,
    ) -> Recommendation:
        self.calls.append(call)
        self.seen.append(constraints)
        taste = taste or Taste()
        self.tastes.append(taste)
        if self.error is not None:
            raise self.error
        asked = count or constraints.count or 5
        found: list[Article] = []
        if constraints.outcome == "recommend":
            fit = [
                article
                for article in self.shelf
                if article.product_code not in exclude
                and all(c.holds(article.to_document().meta) for c in constraints.required)
            ]
            found = sorted(fit, key=lambda a: a.product_code in taste.seen)[:asked]
        likes = taste.profile.likes
        reasons = (f"you like *{likes}*",) if likes else ()
        early = Recommendation(
            constraints,
            asked,
            tuple(RecommendedArticle(a, 1.0) for a in found),
            self.relaxations,
        )
        if on_articles is not None and found:
            on_articles(early)
        self.entered.release()
        while not self.gate.wait(0.01):
            if stop is not None and stop.is_set():
                break
        introduction = Introduction("A dress to dance in.", "model" if self.written else "fallback")
        return Recommendation(
            constraints,
            asked,
            tuple(RecommendedArticle(a, 1.0, introduction, reasons) for a in found),
            self.relaxations,
            repeats=sum(a.product_code in taste.seen for a in found),
            timings={"writer": 12.0},
            index_version=self.index.version,
        )
