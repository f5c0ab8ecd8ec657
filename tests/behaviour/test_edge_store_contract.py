"""Haystack's own contract for document stores, held by the Edge store."""

from dataclasses import replace

import pytest
from haystack import Document
from haystack.document_stores.errors import DuplicateDocumentError
from haystack.testing import document_store as mixins

from pipeline.stores.edge import QdrantEdgeDocumentStore

pytestmark = pytest.mark.haystack

_OPTIONAL = (
    "CountDocumentsByFilterTest",
    "CountUniqueMetadataByFilterTest",
    "GetMetadataFieldsInfoTest",
    "GetMetadataFieldMinMaxTest",
    "GetMetadataFieldUniqueValuesTest",
)
"""Mixins that some of the supported Haystack versions have and others lack."""
_PRESENT = tuple(getattr(mixins, name) for name in _OPTIONAL if hasattr(mixins, name))


class TestEdgeStoreContract(mixins.DocumentStoreBaseExtendedTests, *_PRESENT):
    @pytest.fixture
    def document_store(self, tmp_path):
        store = QdrantEdgeDocumentStore(
            path=tmp_path / "shard", embedding_dim=768, similarity="dot_product"
        )
        yield store
        store.close()

    @staticmethod
    def assert_documents_are_equal(received, expected):
        def by_id(documents):
            return sorted(documents, key=lambda document: document.id)

        for found, wanted in zip(by_id(received), by_id(expected), strict=True):
            assert replace(found, embedding=None) == replace(wanted, embedding=None)
            # The engine keeps 32-bit floats.
            assert (found.embedding is None) == (wanted.embedding is None)
            assert found.embedding is None or found.embedding == pytest.approx(wanted.embedding)

    def test_write_documents(self, document_store):
        document = Document(content="test doc")
        assert document_store.write_documents([document]) == 1
        with pytest.raises(DuplicateDocumentError):
            document_store.write_documents([document])
