"""Index versions on a Qdrant server: one collection each, and the alias that queries go to."""

import math

from qdrant_client import QdrantClient, models

from config.settings import QdrantServerSettings
from pipeline.stores.contract import StoreError
from pipeline.stores.server import collection_name, explained


class ServerVersions:
    """The collections `<alias>-<version>` of a server; version names sort by age."""

    def __init__(self, client: QdrantClient, *, alias: str, place: str) -> None:
        """Use a client; `place` names the server in messages."""
        self._client = client
        self._alias = alias
        self._place = place

    @classmethod
    def connect(cls, settings: QdrantServerSettings) -> "ServerVersions":
        """Return the versions on the server of the settings; nothing is sent yet."""
        client = QdrantClient(
            url=settings.url,
            api_key=settings.api_key.get_secret_value() if settings.api_key else None,
            timeout=math.ceil(settings.timeout_s),
            check_compatibility=False,
        )
        return cls(client, alias=settings.collection, place=settings.url)

    def all(self) -> list[str]:
        """Return the versions on the server, oldest first."""
        prefix = collection_name(self._alias, "")
        with explained(self._place):
            names = [collection.name for collection in self._client.get_collections().collections]
        return sorted(name.removeprefix(prefix) for name in names if name.startswith(prefix))

    def current(self) -> str | None:
        """Return the version that the alias points at."""
        with explained(self._place):
            aliases = self._client.get_aliases().aliases
        for alias in aliases:
            if alias.alias_name == self._alias:
                return alias.collection_name.removeprefix(collection_name(self._alias, ""))
        return None

    def promote(self, version: str) -> None:
        """Point the alias at a version, in one step that no query can fall into.

        Raises StoreError when the server has no such version.
        """
        if version not in self.all():
            raise StoreError(
                f"There is no version {version!r} of {self._alias!r} at {self._place}.",
                "See `lookbook index versions`.",
            )
        switch: list[models.AliasOperations] = [
            models.CreateAliasOperation(
                create_alias=models.CreateAlias(
                    collection_name=collection_name(self._alias, version), alias_name=self._alias
                )
            )
        ]
        if self.current() is not None:
            switch.insert(
                0,
                models.DeleteAliasOperation(
                    delete_alias=models.DeleteAlias(alias_name=self._alias)
                ),
            )
        with explained(self._place):
            self._client.update_collection_aliases(switch)

    def rollback(self) -> str:
        """Point the alias at the version before the current one and return it.

        Raises StoreError when there is none.
        """
        current = self.current()
        older = [version for version in self.all() if current is not None and version < current]
        if not older:
            raise StoreError(
                f"There is no older version of {self._alias!r} at {self._place}.",
                "Build the index again from the catalogue you want back.",
            )
        self.promote(older[-1])
        return older[-1]

    def remove(self, version: str) -> None:
        """Delete a version's collection. Raises StoreError for the current one."""
        if version == self.current():
            raise StoreError(
                f"The version {version!r} of {self._alias!r} is in use.", "Promote another first."
            )
        with explained(self._place):
            self._client.delete_collection(collection_name(self._alias, version))
