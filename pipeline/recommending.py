"""The recommending pipeline: from a message to introduced articles."""

import threading
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from haystack import Document, Pipeline, component
from haystack.core.errors import PipelineRuntimeError
from haystack_integrations.document_stores.qdrant.converters import convert_id
from qdrant_client import models

from config.errors import LookbookError
from config.settings import Settings
from pipeline.article import Article
from pipeline.index import OpenIndex, open_index
from pipeline.models import TextEmbedder
from pipeline.personal import Leaning, Taste, TasteReader
from pipeline.personal.outfits import Outfitter
from pipeline.ranking import Ranker
from pipeline.recommendation import Recommendation, RecommendedArticle
from pipeline.rerankers import reranker
from pipeline.retriever import ConstrainedRetriever
from pipeline.stage_timer import timed_stages
from pipeline.stores import ArticleStore, Bm25TextEmbedder
from pipeline.understanding import QueryConstraints
from pipeline.understanding.component import QueryUnderstander, shared_understander
from pipeline.writing import (
    Introduction,
    IntroductionGenerator,
    IntroductionPromptBuilder,
    TruthCheck,
)

_KEPT_OUTPUTS = {"understander", "taste", "retriever", "articles", "generator"}


@component
class ArticleStream:
    """Hands out the chosen articles before the writing begins, so that shoppers see them early."""

    @component.output_types(documents=list[Document])
    def run(
        self,
        documents: list[Document],
        constraints: QueryConstraints,
        relaxations: list[str],
        count: int,
        *,
        leaning: Leaning | None = None,
        on_articles: Callable[
            [list[Document], QueryConstraints, list[str], int, Leaning | None], None
        ]
        | None = None,
    ) -> dict[str, Any]:
        """Call `on_articles`, if there is one, and pass the documents on."""
        if on_articles is not None:
            on_articles(documents, constraints, relaxations, count, leaning)
        return {"documents": documents}


def recommending_pipeline(
    settings: Settings, *, store: ArticleStore, vocabulary_path: Path, writing: bool = True
) -> Pipeline:
    """Return the Haystack pipeline that answers a message (design sections 4 to 6).

    Its inputs by component: `understander` message, previous, count, given, like; `taste` taste;
    `retriever` seen, only_unseen; `articles` on_articles; and with `writing`, `prompt_builder`
    query, `generator` stop, `truth_check` query.
    """
    pipeline = Pipeline()
    ranking = settings.ranking
    text_embedder = TextEmbedder.from_settings(settings)
    pipeline.add_component(
        "understander",
        QueryUnderstander(
            vocabulary_path=str(vocabulary_path),
            default_count=ranking.default_count,
            max_count=ranking.max_count,
            embedder=text_embedder,
        ),
    )
    pipeline.add_component(
        "taste",
        TasteReader(store, vocabulary_path=str(vocabulary_path), personal=settings.personal),
    )
    pipeline.add_component("text_embedder", text_embedder)
    pipeline.add_component("sparse_embedder", Bm25TextEmbedder())
    second_stage = reranker(settings)
    pipeline.add_component(
        "retriever",
        ConstrainedRetriever(store, search=settings.retrieval, whole=second_stage is not None),
    )
    pipeline.add_component("ranker", Ranker(diversity=ranking.diversity))
    pipeline.add_component("articles", ArticleStream())
    pipeline.connect("understander.search_text", "text_embedder.text")
    pipeline.connect("understander.search_text", "sparse_embedder.text")
    pipeline.connect("understander.wanted", "taste.constraints")
    pipeline.connect("understander.wanted", "retriever.constraints")
    pipeline.connect("taste.leaning", "retriever.leaning")
    pipeline.connect("taste.leaning", "ranker.leaning")
    pipeline.connect("taste.leaning", "articles.leaning")
    pipeline.connect("understander.count", "retriever.count")
    pipeline.connect("text_embedder.embedding", "retriever.query_embedding")
    pipeline.connect("sparse_embedder.sparse_embedding", "retriever.query_sparse_embedding")
    if second_stage is None:
        pipeline.connect("retriever.documents", "ranker.documents")
    else:
        pipeline.add_component("reranker", second_stage)
        pipeline.connect("understander.search_text", "reranker.query")
        pipeline.connect("retriever.documents", "reranker.documents")
        pipeline.connect("reranker.documents", "ranker.documents")
    pipeline.connect("retriever.constraints", "ranker.constraints")
    pipeline.connect("understander.count", "ranker.count")
    pipeline.connect("ranker.documents", "articles.documents")
    pipeline.connect("retriever.constraints", "articles.constraints")
    pipeline.connect("retriever.relaxations", "articles.relaxations")
    pipeline.connect("understander.count", "articles.count")
    if writing:
        pipeline.add_component("prompt_builder", IntroductionPromptBuilder.from_settings(settings))
        pipeline.add_component("generator", IntroductionGenerator.from_settings(settings))
        pipeline.add_component("truth_check", TruthCheck.from_settings(settings))
        pipeline.connect("articles.documents", "prompt_builder.documents")
        pipeline.connect("prompt_builder.prompts", "generator.prompts")
        pipeline.connect("prompt_builder.phrases", "generator.phrases")
        pipeline.connect("articles.documents", "truth_check.documents")
        pipeline.connect("generator.drafts", "truth_check.drafts")
    return pipeline


OnArticles = Callable[[Recommendation], None]


class ArticleGoneError(LookbookError):
    """An article that was shown before is no longer in the catalogue."""


class Recommender:
    """Answers messages over one open index version. Safe to call from several threads."""

    def __init__(self, settings: Settings, index: OpenIndex, *, writing: bool = True) -> None:
        self.settings = settings
        self.index = index
        self.writing = writing
        self.pipeline = recommending_pipeline(
            settings,
            store=index.store,
            vocabulary_path=index.vocabulary_path,
            writing=writing,
        )
        # Read now: newer versions may remove this one's files while it still answers.
        self._understander = shared_understander(index.vocabulary_path)
        self._outfitter = Outfitter(self._understander.vocabulary)

    @classmethod
    def open(cls, settings: Settings, *, writing: bool = True) -> Self:
        """Open the live index. Raises IndexStateError, ModelError or StoreError with the mend.

        Without `writing` no language model is loaded and articles come without introductions.
        """
        return cls(settings, open_index(settings), writing=writing)

    def warm_up(self) -> None:
        """Load everything, so that the first answer is as quick as the others."""
        self.pipeline.warm_up()

    def close(self) -> None:
        """Let go of the index."""
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
        """Answer a message.

        `previous` are the constraints of the conversation so far, `count` overrules the number in
        the message (1 to `ranking.max_count`). Products whose codes are in `exclude` come only
        where nothing else fits. A `taste` orders what fits, and its profile's firm parts must hold;
        what the message says wins over it. `on_articles` is called with the answer before its
        introductions are written; setting `stop` ends the writing early. Raises LookbookError.
        """
        wish = {"message": message, "previous": previous, "count": count}
        if self._understander.asks_again(message):
            taste, exclude = _showing_again(taste), ()
        shown = {"seen": [*exclude]}
        return self._answer(message, wish, shown, taste=taste, on_articles=on_articles, stop=stop)

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
        """Return the next articles for constraints that were answered before.

        None come where all that fit are products in `exclude`. Otherwise as `recommend`.
        """
        wish = {"given": constraints, "count": count}
        shown = {"seen": [*exclude], "only_unseen": True}
        return self._answer(
            constraints.message, wish, shown, taste=taste, on_articles=on_articles, stop=stop
        )

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
        """Return articles of the same type that are most like one article.

        Of the `constraints` under which it was found, whom it is for, the price and the exclusions
        hold on. Otherwise as `more`. Raises ArticleGoneError when the live index lacks the article.
        """
        liked = self._document(article_id)
        article = Article.from_document(liked)
        wish = {
            "given": (constraints or QueryConstraints()).of_the_kind(article.product_type),
            "like": liked.content or "",
            "count": count,
        }
        shown = {"seen": [article.product_code, *exclude], "only_unseen": True}
        return self._answer(
            article.name, wish, shown, taste=taste, on_articles=on_articles, stop=stop
        )

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
        """Return pieces that go together, one for each role, with a reason each.

        With `article_id` they go with that article, under the `constraints` it was found with as
        far as `similar` keeps them; without, the first is what meets the `message` best. At most
        `count` come, none of a product in `exclude`. Otherwise as `recommend`. Raises
        ArticleGoneError when the live index lacks the article.
        """
        wish = constraints or QueryConstraints()
        if self._understander.asks_again(message):
            taste = _showing_again(taste)
        if article_id:
            main = self._document(article_id)
        else:
            wish = constraints or self._understander.understand(message)
            best = self._best(self._outfitter.main(wish), exclude, taste)
            if best is None:
                return Recommendation(wish, index_version=self.index.version)
            main = best
        around, missing = self._outfitter.around(main.meta, wish, included=not article_id)
        around = replace(around, kinds=around.kinds[:count])
        if not around.kinds:
            nothing = (f"Nothing here goes with *{main.meta['name']}*.",)
            return Recommendation(around, relaxations=nothing, index_version=self.index.version)

        def hand_out(answer: Recommendation) -> None:
            if on_articles is not None:
                on_articles(self._outfitter.told(answer, main.meta, missing))

        code = main.meta["product_code"]
        pieces = {"given": around, "like": main.content or "", "count": len(around.kinds)}
        answer = self._answer(
            message or str(main.meta["name"]),
            pieces,
            {"seen": [one for one in exclude if one != code]},
            taste=replace(taste, seen=taste.seen - {code}) if taste else None,
            on_articles=hand_out,
            stop=stop,
        )
        return self._outfitter.told(answer, main.meta, missing)

    def _best(
        self, wish: QueryConstraints, exclude: Collection[str], taste: Taste | None
    ) -> Document | None:
        """Return the article that meets a wish best, None where none does or none is asked for."""
        if wish.outcome != "recommend":
            return None
        component = self.pipeline.get_component
        text = wish.search_text
        leaning = component("taste").run(wish, taste)["leaning"]
        found = component("retriever").run(
            wish,
            component("text_embedder").run(text)["embedding"],
            1,
            component("sparse_embedder").run(text)["sparse_embedding"],
            seen=[*exclude],
            leaning=leaning,
        )
        chosen = component("ranker").run(found["documents"], found["constraints"], 1, leaning)
        return next(iter(chosen["documents"]), None)

    def _document(self, article_id: str) -> Document:
        by_id = models.HasIdCondition(has_id=[convert_id(article_id)])
        found = self.index.store.filter_documents(models.Filter(must=[by_id]))
        if not found:
            raise ArticleGoneError(
                f"The article {article_id} is not in the live index.", "Ask for something new."
            )
        return found[0]

    def _answer(
        self,
        message: str,
        wish: dict[str, Any],
        shown: dict[str, Any],
        *,
        taste: Taste | None,
        on_articles: OnArticles | None,
        stop: threading.Event | None,
    ) -> Recommendation:
        """Run the pipeline; `message` is what the writer is told that the shopper said."""
        started = time.perf_counter()
        inputs: dict[str, dict[str, Any]] = {
            "understander": wish,
            "taste": {"taste": taste},
            "retriever": shown,
            "articles": {},
        }
        if on_articles is not None:

            def hand_out(
                documents: list[Document],
                constraints: QueryConstraints,
                relaxations: list[str],
                asked: int,
                leaning: Leaning | None,
            ) -> None:
                on_articles(
                    self._recommendation(
                        constraints, documents, relaxations, asked, leaning=leaning
                    )
                )

            inputs["articles"]["on_articles"] = hand_out
        if self.writing:
            inputs["prompt_builder"] = {"query": message}
            inputs["truth_check"] = {"query": message}
            inputs["generator"] = {"stop": stop}
        with timed_stages() as stages:
            try:
                outputs = self.pipeline.run(inputs, include_outputs_from=_KEPT_OUTPUTS)
            except PipelineRuntimeError as error:
                # Haystack wraps what components raise; what people can mend they must get to see.
                if isinstance(error.__cause__, LookbookError):
                    raise error.__cause__ from error
                raise
        understood = outputs["understander"]
        # What Haystack itself takes between the components.
        stages["pipeline"] = 1000 * (time.perf_counter() - started) - sum(stages.values())
        if "retriever" not in outputs:
            nothing = self._recommendation(understood["constraints"], [], [], 0)
            return replace(nothing, timings=stages)
        found = outputs["retriever"]
        recommendation = self._recommendation(
            found["constraints"],
            outputs["articles"]["documents"],
            found["relaxations"],
            understood["count"],
            leaning=outputs["taste"]["leaning"],
            introductions=outputs.get("truth_check", {}).get("introductions"),
        )
        note = outputs.get("generator", {}).get("note", "")
        return replace(recommendation, note=note, timings=stages)

    def _recommendation(
        self,
        constraints: QueryConstraints,
        documents: list[Document],
        relaxations: list[str],
        asked: int,
        *,
        leaning: Leaning | None = None,
        introductions: list[Introduction] | None = None,
    ) -> Recommendation:
        leaning = leaning or Leaning()
        written: Sequence[Introduction | None] = introductions or [None] * len(documents)
        return Recommendation(
            constraints=constraints,
            asked=asked,
            articles=tuple(
                RecommendedArticle(
                    Article.from_document(document),
                    document.score or 0.0,
                    text,
                    leaning.reasons(document),
                )
                for document, text in zip(documents, written, strict=True)
            ),
            relaxations=tuple(relaxations),
            repeats=sum(d.meta["product_code"] in leaning.seen for d in documents),
            index_version=self.index.version,
        )


def _showing_again(taste: Taste | None) -> Taste | None:
    """Return a taste to which nothing has been shown yet."""
    return replace(taste, seen=frozenset()) if taste else None
