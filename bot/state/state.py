"""What is kept, and every change of it as one transaction."""

import hashlib
import secrets
import string
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, and_, delete, exists, insert, select, update

from bot.assistant.replies import AnswerReply, Card, Reply, reply_from_dict, reply_to_dict
from bot.assistant.requests import Conversation, Request, Shopper
from bot.state import personal
from bot.state.database import explained, fold, open_database, url_of
from bot.state.rows import put, same
from bot.state.tables import (
    ANSWERS,
    CLAIMS,
    CONVERSATIONS,
    JOBS,
    OPINIONS,
    PARTICIPANTS,
    PROFILES,
    UNWANTED_TYPES,
    USAGE,
)
from config.settings import Settings
from pipeline.personal import ShopperProfile, Taste
from pipeline.understanding import QueryConstraints

_DAY_S = 86_400.0
_USAGE_DAYS = 2
_ID_ALPHABET = string.ascii_letters + string.digits
_ID_LENGTH = 12


def new_answer_id() -> str:
    """Return an id for an answer that nobody can guess: 71 random bits."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_LENGTH))


@dataclass(frozen=True, slots=True)
class Job:
    """A request that was taken on and is not finished.

    `opened` says that its place in the chat was made, `reply` what is to stand there in the end,
    once that is decided.
    """

    request: Request
    taken_at: float
    opened: bool = False
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Memory:
    """What a conversation is about: the constraints so far and the first answer to them.

    `joined`: others had begun it before the bot came in.
    """

    constraints: QueryConstraints | None
    wish: str
    joined: bool = False


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An answer with all its cards. `wish` is the id of the first answer to the same wish.

    `shopper` is the key of whoever asked: what the cards say of their taste is theirs alone.
    `asked` is how many articles were wanted, `product_codes` are what was shown. `constraints` are
    None where another version of Lookbook wrote them in another form.
    """

    reply: AnswerReply
    shopper: str
    wish: str
    asked: int
    constraints: QueryConstraints | None
    product_codes: tuple[str, ...]

    def card(self, position: int) -> Card | None:
        """Return the card at a position, None if there is none."""
        return next((card for card in self.reply.cards if card.position == position), None)


class State:
    """The state in its database. Every method is one transaction and may raise StateError."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings.state
        self._personal = settings.personal

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Open the state of the settings; see `bot.state.database.open_database`."""
        return cls(open_database(url_of(settings)), settings)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    # --- jobs ---

    def claim(self, request: Request, now: float) -> int | None:
        """Take a request on; return how many its workspace made today, this one included.

        None: it was taken on before.
        """
        digest = _digest(request.key)
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        workspace = _workspace(request.shopper)
        with self._transaction() as connection:
            if connection.scalar(select(exists().where(CLAIMS.c.digest == digest))):
                return None
            connection.execute(insert(CLAIMS).values(digest=digest, claimed_at=now))
            connection.execute(
                insert(JOBS).values(
                    digest=digest,
                    shopper=request.shopper.key,
                    taken_at=now,
                    request=request.to_dict(),
                    opened=False,
                )
            )
            today = and_(USAGE.c.workspace == workspace, USAGE.c.day == day)
            used = (connection.scalar(select(USAGE.c.requests).where(today)) or 0) + 1
            put(connection, USAGE, {"workspace": workspace, "day": day}, {"requests": used})
            return used

    def refuse(self, request: Request, now: float) -> None:
        """Give up a request that was just taken on; it stays claimed and does not count."""
        day = datetime.fromtimestamp(now, UTC).date().isoformat()
        today = and_(USAGE.c.workspace == _workspace(request.shopper), USAGE.c.day == day)
        with self._transaction() as connection:
            connection.execute(delete(JOBS).where(JOBS.c.digest == _digest(request.key)))
            connection.execute(update(USAGE).where(today).values(requests=USAGE.c.requests - 1))

    def opened(self, request: Request, now: float) -> None:
        """Keep the address of the place in the chat, and know the conversation from now on."""
        conversation = request.conversation
        with self._transaction() as connection:
            kept = connection.execute(
                update(JOBS)
                .where(JOBS.c.digest == _digest(request.key))
                .values(request=request.to_dict(), opened=True)
            )
            if not kept.rowcount:  # forgotten in the meantime
                return
            if self._memory(connection, conversation, now) is None:
                self._remember(connection, request, Memory(None, ""), now)
            else:
                _take_part(connection, request)

    def decide(
        self,
        request: Request,
        reply: Reply,
        now: float,
        *,
        answer: StoredAnswer | None = None,
        memory: Memory | None = None,
    ) -> None:
        """Keep a request's last word before it is said, with the answer and the memory it makes.

        Whatever happens afterwards, the request gets this reply and no other. Where somebody whose
        words it builds on had them erased in the meantime, it leaves nothing else behind.
        """
        with self._transaction() as connection:
            decided = connection.execute(
                update(JOBS)
                .where(JOBS.c.digest == _digest(request.key))
                .values(reply=reply_to_dict(reply))
            )
            if not decided.rowcount:  # forgotten in the meantime
                return
            if _is_erased(connection, request, answer):
                return
            if answer is not None:
                connection.execute(
                    insert(ANSWERS).values(
                        id=answer.reply.answer_id,
                        shopper=answer.shopper,
                        wish=answer.wish,
                        asked=answer.asked,
                        constraints=_plain(answer.constraints),
                        reply=reply_to_dict(answer.reply),
                        product_codes=list(answer.product_codes),
                        created_at=now,
                    )
                )
            if memory is not None:
                self._remember(connection, request, memory, now)

    def finish(self, request: Request) -> None:
        """Drop the job of a request that has got its reply, with all that it says."""
        with self._transaction() as connection:
            connection.execute(delete(JOBS).where(JOBS.c.digest == _digest(request.key)))

    def unfinished(self) -> list[Job]:
        """Return the jobs that are not finished, oldest first."""
        with self._transaction() as connection:
            rows = connection.execute(select(JOBS).order_by(JOBS.c.taken_at)).mappings().all()
        return [
            Job(
                request=Request.from_dict(row["request"]),
                taken_at=row["taken_at"],
                opened=row["opened"],
                reply=reply_from_dict(row["reply"]) if row["reply"] else None,
            )
            for row in rows
        ]

    # --- conversations and answers ---

    def memory(self, conversation: Conversation, now: float) -> Memory | None:
        """Return what a conversation is about, None if it is unknown or expired."""
        with self._transaction() as connection:
            return self._memory(connection, conversation, now)

    def answer(self, answer_id: str) -> StoredAnswer | None:
        """Return an answer, None if it was never made or is gone."""
        with self._transaction() as connection:
            return _answer(connection, answer_id)

    def latest(self, wish: str) -> StoredAnswer | None:
        """Return the newest answer to a wish that has articles, None if there is none."""
        newest = select(ANSWERS.c.id).where(ANSWERS.c.wish == wish).order_by(ANSWERS.c.created_at)
        with self._transaction() as connection:
            for answer_id in reversed(connection.scalars(newest).all()):
                answer = _answer(connection, answer_id)
                if answer is not None and answer.reply.cards:
                    return answer
        return None

    def shown(self, wish: str) -> set[str]:
        """Return the product codes that all answers to one wish have shown."""
        query = select(ANSWERS.c.product_codes).where(ANSWERS.c.wish == wish)
        with self._transaction() as connection:
            return {code for codes in connection.scalars(query) for code in codes}

    # --- what is known of a shopper ---

    def taste(self, shopper: Shopper, now: float) -> Taste:
        """Return all that is known of what a shopper likes, read in one statement over indexes."""
        seen_since = now - self._personal.seen_days * _DAY_S
        with self._transaction() as connection:
            return personal.taste(connection, shopper.key, now, seen_since)

    def set_profile(self, shopper: Shopper, profile: ShopperProfile, now: float) -> None:
        """Keep a profile in the place of the one before; of an empty one nothing is kept."""
        key = {"shopper": shopper.key}
        with self._transaction() as connection:
            if profile:
                put(connection, PROFILES, key, {"profile": profile.to_dict(), "updated_at": now})
            else:
                connection.execute(delete(PROFILES).where(PROFILES.c.shopper == shopper.key))

    def rate(self, shopper: Shopper, card: Card, now: float, *, liked: bool) -> bool:
        """Set, replace or, said again, take back an opinion; return whether it holds now."""
        key = {"shopper": shopper.key, "article_id": card.article_id}
        values = {"product_type": card.product_type, "liked": liked, "at": now}
        with self._transaction() as connection:
            before = connection.scalar(select(OPINIONS.c.liked).where(same(OPINIONS, key)))
            if before is liked:
                connection.execute(delete(OPINIONS).where(same(OPINIONS, key)))
                return False
            put(connection, OPINIONS, key, values)
            return True

    def refuse_type(self, shopper: Shopper, product_type: str, now: float) -> bool:
        """Turn a product type down or, said again, take that back; return whether it holds now."""
        key = {"shopper": shopper.key, "product_type": product_type}
        with self._transaction() as connection:
            known = same(UNWANTED_TYPES, key)
            if connection.execute(delete(UNWANTED_TYPES).where(known)).rowcount:
                return False
            put(connection, UNWANTED_TYPES, key, {"at": now})
            return True

    def kept_of(self, shopper: Shopper) -> dict[str, Any]:
        """Return all that is kept of a shopper as JSON-ready data, one list for each table."""
        with self._transaction() as connection:
            return personal.kept_of(connection, shopper.key)

    def forget(self, shopper: Shopper) -> None:
        """Erase all that is kept of a shopper, and from the database's files.

        Conversations and wishes that others had a part in go whole, for the shopper's words are in
        them.
        """
        with self._transaction() as connection:
            personal.erase(connection, shopper.key)
        with explained(self._engine):
            fold(self._engine)

    def purge(self, now: float) -> None:
        """Erase what has expired; with its claim goes a job that nobody could finish."""
        settings = self._settings
        opinions_since = now - self._personal.opinions_days * _DAY_S
        days = [
            datetime.fromtimestamp(now - day * _DAY_S, UTC).date().isoformat()
            for day in range(_USAGE_DAYS)
        ]
        expired = (
            delete(CLAIMS).where(CLAIMS.c.claimed_at < now - settings.claims_days * _DAY_S),
            delete(CONVERSATIONS).where(
                CONVERSATIONS.c.updated_at < now - settings.conversations_days * _DAY_S
            ),
            delete(ANSWERS).where(ANSWERS.c.created_at < now - settings.answers_days * _DAY_S),
            delete(OPINIONS).where(OPINIONS.c.at < opinions_since),
            delete(UNWANTED_TYPES).where(UNWANTED_TYPES.c.at < opinions_since),
            delete(USAGE).where(USAGE.c.day.not_in(days)),
        )
        with self._transaction() as connection:
            for statement in expired:
                connection.execute(statement)

    # --- within a transaction ---

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with explained(self._engine), self._engine.begin() as connection:
            yield connection

    def _memory(
        self, connection: Connection, conversation: Conversation, now: float
    ) -> Memory | None:
        found = CONVERSATIONS.c
        row = (
            connection.execute(
                select(CONVERSATIONS).where(
                    found.key == conversation.key,
                    found.updated_at >= now - self._settings.conversations_days * _DAY_S,
                )
            )
            .mappings()
            .first()
        )
        if row is None:
            return None
        return Memory(_constraints(row["constraints"]), row["wish"], row["joined"])

    def _remember(
        self, connection: Connection, request: Request, memory: Memory, now: float
    ) -> None:
        key = request.conversation.key
        known = self._memory(connection, request.conversation, now)
        if request.anew or known is None:  # nobody's earlier words are in it
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.key == key))
        values = {
            "joined": known.joined if known else request.joined,
            "wish": memory.wish,
            "constraints": _plain(memory.constraints),
            "updated_at": now,
        }
        put(connection, CONVERSATIONS, {"key": key}, values)
        _take_part(connection, request)


def _digest(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=16).hexdigest()


def _workspace(shopper: Shopper) -> str:
    return f"{shopper.platform}:{shopper.workspace}"


def _take_part(connection: Connection, request: Request) -> None:
    key = {"conversation": request.conversation.key, "shopper": request.shopper.key}
    if not connection.scalar(select(exists().where(same(PARTICIPANTS, key)))):
        connection.execute(insert(PARTICIPANTS).values(**key))


def _is_erased(connection: Connection, request: Request, answer: StoredAnswer | None) -> bool:
    """Return whether the conversation of an open request, or the wish it goes on with, is gone."""
    conversation = CONVERSATIONS.c.key == request.conversation.key
    if not connection.scalar(select(exists().where(conversation))):
        return True
    if answer is None or not request.answer_id:
        return False
    return not connection.scalar(select(exists().where(ANSWERS.c.wish == answer.wish)))


def _answer(connection: Connection, answer_id: str) -> StoredAnswer | None:
    row = connection.execute(select(ANSWERS).where(ANSWERS.c.id == answer_id)).mappings().first()
    if row is None:
        return None
    reply = reply_from_dict(row["reply"])
    assert isinstance(reply, AnswerReply)  # noqa: S101 - nothing else is stored there
    return StoredAnswer(
        reply=reply,
        shopper=row["shopper"],
        wish=row["wish"],
        asked=row["asked"],
        constraints=_constraints(row["constraints"]),
        product_codes=tuple(row["product_codes"]),
    )


def _plain(constraints: QueryConstraints | None) -> dict[str, Any] | None:
    return constraints.to_dict() if constraints else None


def _constraints(data: Mapping[str, Any] | None) -> QueryConstraints | None:
    try:
        return QueryConstraints.from_dict(data) if data else None
    except (KeyError, TypeError, ValueError):
        return None
