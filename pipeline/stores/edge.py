"""Qdrant Edge, Qdrant's engine inside this process, as a Haystack document store."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Literal, Self, cast

import qdrant_edge as edge
from haystack import Document, default_from_dict, default_to_dict
from haystack.dataclasses import SparseEmbedding
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.document_stores.qdrant.converters import (
    DENSE_VECTORS_NAME,
    SPARSE_VECTORS_NAME,
)

from config.settings import Quantization, RetrievalSettings
from pipeline.stores.contract import FILTERABLE, Steering, StoreError
from pipeline.stores.copying import copy_tree
from pipeline.stores.edge_points import dense_vector, found, point_number, to_document, to_point
from pipeline.stores.edge_queries import hybrid_request
from pipeline.stores.filters import Filters, to_edge_filter
from pipeline.stores.postings import POSTINGS, Postings
from pipeline.stores.ties import without_ties

_CONFIG_FILE = "edge_config.json"
_BATCH = 1000
_NO_LIMIT = 2**31
"""KB; larger than any segment, so that one segment holds the whole catalogue."""

_EXHAUSTIVE = 50_000
"""Points. A filter that fewer pass is answered by comparing with all of those.

A graph that is walked under a filter loses its way: of 8,000 among 100,000 points that passed, it
found 0.30 of the nearest 100. Links within each payload value would mend that for one condition,
not for two, and multiply the time to build; comparing with all is exact and takes milliseconds.
"""

_LISTED = 8_000
"""Points. What no more than these pass is searched as a list of points, not under its filter, which
every search of a query would try on all that pass the narrowest condition."""

_DISTANCES = {
    "cosine": edge.Distance.Cosine,
    "dot_product": edge.Distance.Dot,
    "l2": edge.Distance.Euclid,
}


class QdrantEdgeDocumentStore:
    """A Haystack document store over one Qdrant Edge shard in a directory.

    Nothing is opened before the first use (or `warm_up`). A shard has no write-ahead log: several
    processes may read a finished one at once, and writes are durable once `flush` returns. New
    documents are searched exhaustively, and unquantized, until `optimize` has indexed them. The
    engine holds Python's GIL during every call, so builds belong into a process of their own.
    """

    def __init__(
        self,
        *,
        path: str | Path,
        embedding_dim: int,
        similarity: Literal["cosine", "dot_product", "l2"] = "cosine",
        quantization: Quantization = "none",
        compression: Literal["x4", "x8", "x16", "x32", "x64"] = "x16",
        m: int = 16,
        ef_construct: int = 100,
        indexing_threshold_kb: int = 10_000,
        read_only: bool = False,
    ) -> None:
        """Keep the parameters.

        `compression` belongs to product quantization. `m` and `ef_construct` are HNSW's edges per
        node and candidates while building. Segments of less than `indexing_threshold_kb` KB of
        vectors get neither graph nor quantization.
        """
        self.path = Path(path)
        self.embedding_dim = embedding_dim
        self.similarity = similarity
        self.quantization = quantization
        self.compression = compression
        self.m = m
        self.ef_construct = ef_construct
        self.indexing_threshold_kb = indexing_threshold_kb
        self.read_only = read_only
        self._opened: edge.EdgeShard | None = None
        self._postings: Postings | None = None
        self._warm = False
        self._lock = RLock()

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters for a pipeline's YAML."""
        return default_to_dict(
            self,
            path=str(self.path),
            embedding_dim=self.embedding_dim,
            similarity=self.similarity,
            quantization=self.quantization,
            compression=self.compression,
            m=self.m,
            ef_construct=self.ef_construct,
            indexing_threshold_kb=self.indexing_threshold_kb,
            read_only=self.read_only,
        )

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the store that `to_dict` described."""
        store: Self = default_from_dict(cls, data)
        return store

    # --- life of a shard ---

    def warm_up(self) -> None:
        """Open the shard; make it where there is none, unless the store is read-only.

        Of a finished shard all vectors are read once, in steps of milliseconds: first touched page
        by page, they would double the time of the first searches. Raises StoreError when there is
        no shard to read, or when it is damaged or of another kind.
        """
        shard = self._shard
        if self._postings is None or self._warm:
            return
        anywhere = edge.Query.Nearest([1.0] * self.embedding_dim, using=DENSE_VECTORS_NAME)
        for points in self._postings.parts(_LISTED):
            these = edge.Filter(must=[edge.HasIdCondition(set(points))])
            exact = edge.SearchParams(exact=True)
            with self._explained("searched"):
                shard.query(edge.QueryRequest(limit=1, query=anywhere, params=exact, filter=these))
        self._warm = True

    def _open(self) -> edge.EdgeShard:
        exists = (self.path / _CONFIG_FILE).is_file()
        if self.read_only:
            if not exists:
                raise StoreError(
                    f"There is no index at {self.path}.", "Build it with `lookbook index build`."
                )
            self._refuse_other_size()
        with self._explained("opened"):
            if self.read_only:
                return self._finished()
            if exists:
                # What is written from now on is not in them.
                (self.path / POSTINGS).unlink(missing_ok=True)
                return edge.EdgeShard.load(str(self.path), self._config())
            self.path.mkdir(parents=True, exist_ok=True)
            shard = edge.EdgeShard.create(str(self.path), self._config())
            for field, schema in _payload_schema().items():
                shard.update(edge.UpdateOperation.create_field_index(field, schema))
            return shard

    def _finished(self) -> edge.EdgeShard:
        postings = Postings.read(self.path)
        shard = edge.EdgeShard.load(str(self.path))
        # By postings of other points, articles would be left out without a word.
        if postings is not None and postings.points != shard.count(edge.CountRequest()):
            shard.close()
            raise self._damaged()
        self._postings = postings
        return shard

    def _damaged(self) -> StoreError:
        return StoreError(
            f"The index at {self.path} is damaged.",
            "Build it again: `lookbook index build --full`.",
        )

    def _refuse_other_size(self) -> None:
        try:
            config = json.loads((self.path / _CONFIG_FILE).read_text(encoding="utf-8"))
            size = config["vectors"][DENSE_VECTORS_NAME]["size"]
        except (OSError, ValueError, KeyError, TypeError):
            raise self._damaged() from None
        if size != self.embedding_dim:
            raise StoreError(
                f"The index at {self.path} holds vectors of {size} dimensions, but the embedder "
                f"makes {self.embedding_dim}.",
                "Build the index again, or set the embedder it was built with.",
            )

    def _config(self) -> edge.EdgeConfig:
        # Quantized vectors and the graph are read at every step of a search, so they are pinned:
        # with PQ x16 that is 10 MB per 100,000 articles of 384 dimensions. Original vectors are
        # read for rescoring and for exhaustive search, payload for the final few: both stay in the
        # page cache, which all processes that read the shard share.
        return edge.EdgeConfig(
            vectors={
                DENSE_VECTORS_NAME: edge.EdgeVectorParams(
                    size=self.embedding_dim,
                    distance=_DISTANCES[self.similarity],
                    memory=edge.Memory.Cached,
                )
            },
            sparse_vectors={
                SPARSE_VECTORS_NAME: edge.EdgeSparseVectorParams(modifier=edge.Modifier.Idf)
            },
            hnsw_config=edge.HnswIndexConfig(
                m=self.m,
                ef_construct=self.ef_construct,
                full_scan_threshold=self.indexing_threshold_kb,
                payload_m=0,  # no links within payload values: see _EXHAUSTIVE
                memory=edge.Memory.Pinned,
            ),
            quantization_config=self._quantization_config(),
            # One segment answers a query fastest; an empty one takes what comes later.
            optimizers=edge.EdgeOptimizersConfig(
                default_segment_number=1,
                max_segment_size=_NO_LIMIT,
                indexing_threshold=self.indexing_threshold_kb,
            ),
            payload_memory=edge.Memory.Cached,
            wal_enabled=False,
        )

    def _quantization_config(self) -> Any:
        pinned = edge.Memory.Pinned
        match self.quantization:
            case "none":
                return None
            case "scalar":
                return edge.ScalarQuantizationConfig(edge.ScalarType.Int8, memory=pinned)
            case "product":
                ratio = getattr(edge.CompressionRatio, self.compression.upper())
                return edge.ProductQuantizationConfig(ratio, memory=pinned)
            case "turbo":
                return edge.TurboQuantQuantizationConfig(
                    bits=edge.TurboQuantBitSize.Bits4, memory=pinned
                )

    @property
    def _shard(self) -> edge.EdgeShard:
        with self._lock:
            if self._opened is None:
                self._opened = self._open()
            return self._opened

    def optimize(self) -> None:
        """Merge into one segment; build its graph and quantization. Takes long, holds the GIL."""
        self._refuse_read_only()
        with self._explained("optimized"):
            self._shard.optimize()

    def flush(self) -> None:
        """Make everything written so far durable."""
        self._refuse_read_only()
        with self._explained("written"):
            self._shard.flush()

    def close(self) -> None:
        """Flush what was written and let go of the files; the next call opens them again."""
        with self._lock:
            if self._opened is None:
                return
            with self._explained("closed"):
                if self.read_only:
                    self._opened.close()
                else:
                    self._opened.flush()
                    Postings.write(self.path, self._numbered())
                    self._opened.close()
                    # The first opening after writes works off the shard's journals. Done here,
                    # no reader ever changes a file, however many there are.
                    edge.EdgeShard.load(str(self.path)).close()
            self._opened = self._postings = None
            self._warm = False

    def info(self) -> "edge.ShardInfo":  # the binding does not export the name
        """Return the engine's counts: segments, points, indexed vectors, payload indexes."""
        return self._shard.info()

    def copy_to(self, path: str | Path) -> "QdrantEdgeDocumentStore":
        """Copy the shard into a new directory and return a writable store of the copy.

        This is how an index is refreshed: write and delete what changed in a copy, `optimize`,
        `close`. What was built is kept, and the new vectors are searched exhaustively, until they
        pass the indexing threshold or a fifth of the old ones is gone; then `optimize` rebuilds.
        With 1 % of 100,000 articles changed, copy and update took 1 % of the time of a build.
        """
        if not self.read_only and self._opened is not None:
            self.flush()
        copy_tree(self.path, Path(path))
        parameters = {**self.to_dict()["init_parameters"], "path": path, "read_only": False}
        return QdrantEdgeDocumentStore(**parameters)

    # --- writing ---

    def write_documents(
        self, documents: list[Document], policy: DuplicatePolicy = DuplicatePolicy.NONE
    ) -> int:
        """Write documents and return how many were written. NONE means FAIL.

        FAIL writes nothing and raises DuplicateDocumentError when an id exists or comes twice;
        SKIP keeps the first, OVERWRITE the last. Raises ValueError for anything but documents.
        """
        if not isinstance(documents, list) or not all(isinstance(d, Document) for d in documents):
            raise ValueError("write_documents takes a list of Documents.")
        self._refuse_read_only()
        if policy is DuplicatePolicy.OVERWRITE:
            chosen = list({document.id: document for document in documents}.values())
        else:
            chosen = self._new_documents(documents, policy)
        with self._explained("written"):
            for batch in _batches(chosen):
                points = [to_point(document) for document in batch]
                self._shard.update(edge.UpdateOperation.upsert_points(points))
        return len(chosen)

    def _new_documents(self, documents: list[Document], policy: DuplicatePolicy) -> list[Document]:
        taken = self.existing_ids([document.id for document in documents])
        new: list[Document] = []
        for document in documents:
            if document.id not in taken:
                taken.add(document.id)
                new.append(document)
            elif policy is not DuplicatePolicy.SKIP:
                raise DuplicateDocumentError(f"A document with id {document.id!r} exists already.")
        return new

    def delete_documents(self, document_ids: list[str]) -> None:
        """Delete documents by id; unknown ids are ignored."""
        self._refuse_read_only()
        with self._explained("written"):
            ids: list[edge.PointId] = [point_number(one) for one in document_ids]
            self._shard.update(edge.UpdateOperation.delete_points(ids))

    def delete_all_documents(self) -> None:
        """Delete every document; indexes and settings stay."""
        self._refuse_read_only()
        with self._explained("written"):
            self._shard.update(edge.UpdateOperation.delete_points_by_filter(edge.Filter()))

    def delete_by_filter(self, filters: Filters) -> int:
        """Delete the documents that match and return their number; no filter deletes nothing."""
        self._refuse_read_only()
        matching = to_edge_filter(filters)
        if matching is None:
            return 0
        count = self.count_documents_by_filter(filters)
        with self._explained("written"):
            self._shard.update(edge.UpdateOperation.delete_points_by_filter(matching))
        return count

    def update_by_filter(self, filters: Filters, meta: dict[str, Any]) -> int:
        """Merge `meta` into the documents that match and return their number.

        No filter changes nothing.
        """
        self._refuse_read_only()
        matching = to_edge_filter(filters)
        if matching is None:
            return 0
        ids: list[edge.PointId] = [record.id for record in self._scroll(matching)]
        with self._explained("written"):
            self._shard.update(edge.UpdateOperation.set_payload(ids, meta, key="meta"))
        return len(ids)

    # --- reading ---

    def count_documents(self) -> int:
        """Return the number of documents."""
        with self._explained("read"):
            return self._shard.count(edge.CountRequest())

    def count_documents_by_filter(self, filters: Filters) -> int:
        """Return how many documents match."""
        request = edge.CountRequest(filter=to_edge_filter(filters))
        with self._explained("read"):
            return self._shard.count(request)

    def filter_documents(self, filters: Filters | None = None) -> list[Document]:
        """Return the documents that match, with their embeddings, in no particular order."""
        records = self._scroll(to_edge_filter(filters), with_payload=True, with_vector=True)
        return [to_document(record) for record in records]

    def existing_ids(self, document_ids: Sequence[str]) -> set[str]:
        """Return those of the given ids that are in the store."""
        by_point: dict[edge.PointId, str] = {point_number(one): one for one in document_ids}
        with self._explained("read"):
            records = self._shard.retrieve(list(by_point), with_payload=False, with_vector=False)
        return {by_point[record.id] for record in records}

    def get_embeddings(self, document_ids: Sequence[str]) -> dict[str, list[float]]:
        """Return the stored dense vector of every given id that exists and has one.

        With similarity "cosine" the engine stores, and this returns, vectors of length 1.
        """
        by_point: dict[edge.PointId, str] = {point_number(one): one for one in document_ids}
        with self._explained("read"):
            records = self._shard.retrieve(
                list(by_point), with_payload=False, with_vector=[DENSE_VECTORS_NAME]
            )
        vectors = {by_point[record.id]: dense_vector(record) for record in records}
        return {document_id: vector for document_id, vector in vectors.items() if vector}

    def hybrid_search(
        self,
        query_embedding: list[float],
        query_sparse_embedding: SparseEmbedding | None,
        *,
        filters: Filters | None,
        top_k: int,
        search: RetrievalSettings,
        enough: int | None = None,
        with_embeddings: bool = False,
        steering: Steering | None = None,
    ) -> list[Document]:
        """Return the `top_k` best documents that pass the filter, best first, with their scores.

        The filter acts inside every search, before the nearest neighbours are chosen. Without a
        sparse embedding, or with `search.hybrid` off, the score is the dense similarity. With
        `enough`, payload is read only until that many products are there, and the rest left out.
        """
        matching, passing = self._narrowed(filters)
        if passing == 0:
            return []
        favoured = None
        if steering and steering.favoured:
            one_of = {"operator": "OR", "conditions": [*steering.favoured]}
            both = {"operator": "AND", "conditions": [filters, one_of]} if filters else one_of
            favoured, _ = self._narrowed(both)
        request = hybrid_request(
            query_embedding,
            query_sparse_embedding,
            matching,
            search.model_copy(update={"exact": search.exact or passing <= _EXHAUSTIVE}),
            steering,
            favoured=favoured,
            limit=top_k,
            with_payload=enough is None,
            with_vector=[DENSE_VECTORS_NAME] if with_embeddings else False,
        )
        with self._explained("searched"):
            points = without_ties(self._shard.query(request))
            if enough is None:
                return [to_document(point) for point in points]
            return list(self._until(enough, points))

    def _narrowed(self, filters: Filters | None) -> tuple[edge.Filter | None, int]:
        """Return the filter to search under, and how many points pass it, more or less."""
        if not filters:
            return None, _NO_LIMIT
        points = None if self._postings is None else self._postings.matching(filters)
        if points is not None and len(points) <= _LISTED:
            return edge.Filter(must=[edge.HasIdCondition(set(points))]), len(points)
        matching = to_edge_filter(filters)
        if points is not None:
            return matching, len(points)
        with self._explained("searched"):
            # Told from the sizes of the values' lists: of several conditions it is far too low.
            estimate = self._shard.count(edge.CountRequest(exact=False, filter=matching))
        return matching, max(1, estimate)

    def _until(self, enough: int, points: Sequence[edge.ScoredPoint]) -> Iterator[Document]:
        products: set[str] = set()
        for start in range(0, len(points), 2 * enough):
            batch = points[start : start + 2 * enough]
            ids = [point.id for point in batch]
            records = self._shard.retrieve(ids, with_payload=True, with_vector=False)
            payload = {record.id: record.payload or {} for record in records}
            for point in batch:
                document = found(payload[point.id], point.score)
                products.add(document.meta["product_code"])
                yield document
                if len(products) >= enough:
                    return

    # --- what is in the metadata (Haystack's optional store methods) ---

    def get_metadata_fields_info(self) -> dict[str, dict[str, str]]:
        """Return the type of every metadata field in use: keyword, long, float or boolean."""
        types: dict[str, dict[str, str]] = {}
        for meta in self._metas(None):
            for name, value in meta.items():
                if value is not None:
                    types.setdefault(name, {"type": _TYPE_NAMES.get(type(value), "keyword")})
        return types

    def get_metadata_field_min_max(self, metadata_field: str) -> dict[str, Any]:
        """Return `min` and `max` of a field over all documents, None where no document has it."""
        values = [value for value in self._values(metadata_field, None) if value is not None]
        return {"min": min(values, default=None), "max": max(values, default=None)}

    def count_unique_metadata_by_filter(
        self, filters: Filters | None, metadata_fields: list[str]
    ) -> dict[str, int]:
        """Return the number of distinct values of each field among the documents that match."""
        return {field: len(self._distinct(field, filters)) for field in metadata_fields}

    def get_metadata_field_unique_values(
        self,
        metadata_field: str,
        search_term: str | None = None,
        from_: int = 0,
        size: int = 10,
        filters: Filters | None = None,
    ) -> tuple[list[Any], int]:
        """Return a page of a field's distinct values in order, and how many there are in all.

        `search_term` keeps the values that contain it, whatever the case.
        """
        values = [
            value
            for value in self._distinct(metadata_field, filters)
            if (search_term or "").lower() in str(value).lower()
        ]
        values.sort(key=lambda value: (str(value), type(value).__name__))
        return values[from_ : from_ + size], len(values)

    def _distinct(self, field: str, filters: Filters | None) -> list[Any]:
        # By JSON text, since 1, 1.0 and True are equal in Python.
        values = self._values(field, filters)
        return list({json.dumps(v, sort_keys=True): v for v in values if v is not None}.values())

    def _values(self, field: str, filters: Filters | None) -> Iterator[Any]:
        name = field.removeprefix("meta.")
        return (meta[name] for meta in self._metas(filters) if name in meta)

    def _metas(self, filters: Filters | None) -> Iterator[Mapping[str, Any]]:
        for record in self._scroll(to_edge_filter(filters), with_payload=True):
            yield (record.payload or {}).get("meta", {})

    def _numbered(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for record in self._scroll(None, with_payload=True):
            yield cast("int", record.id), (record.payload or {}).get("meta", {})

    def _scroll(
        self,
        matching: edge.Filter | None,
        *,
        with_payload: bool = False,
        with_vector: bool = False,
    ) -> Iterator[edge.Record]:
        offset: edge.PointId | None = None
        while True:
            request = edge.ScrollRequest(
                offset=offset,
                limit=_BATCH,
                filter=matching,
                with_payload=with_payload,
                with_vector=with_vector,
            )
            with self._explained("read"):
                records, offset = self._shard.scroll(request)
            yield from records
            if offset is None:
                return

    def _refuse_read_only(self) -> None:
        if self.read_only:
            raise StoreError(
                f"The index at {self.path} is open for reading only.",
                "Write to a new version: an index that is in use is never changed.",
            )

    @contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            # The binding raises bare Exceptions, so nothing narrower can be caught.
            raise StoreError(
                f"The index at {self.path} cannot be {done}: {error}.",
                "Check it with `lookbook index verify`; if it is damaged, build it again.",
            ) from error


_TYPE_NAMES = {bool: "boolean", int: "long", float: "float"}


def _payload_schema() -> dict[str, Any]:
    types = {
        "keyword": edge.PayloadSchemaType.Keyword,
        "float": edge.PayloadSchemaType.Float,
    }
    schema: dict[str, Any] = {f"meta.{name}": types[kind] for name, kind in FILTERABLE.items()}
    schema["content"] = edge.TextIndexParams(tokenizer=edge.TokenizerType.Word, lowercase=True)
    return schema


def _batches(documents: list[Document]) -> Iterator[list[Document]]:
    for start in range(0, len(documents), _BATCH):
        yield documents[start : start + _BATCH]
