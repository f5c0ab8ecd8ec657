"""Where the time goes: Haystack's own spans, collected for one request."""

import contextlib
import time
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from haystack.tracing.tracer import Span, Tracer, enable_tracing, tracer

_stages: ContextVar[dict[str, float] | None] = ContextVar("stages", default=None)


class StageTimer(Tracer):
    """Adds up the milliseconds of each pipeline component; passes every span on to `inner`."""

    def __init__(self, inner: Tracer) -> None:
        self.inner = inner

    @contextlib.contextmanager
    def trace(
        self,
        operation_name: str,
        tags: dict[str, Any] | None = None,
        parent_span: Span | None = None,
    ) -> Iterator[Span]:
        """Time one span."""
        stages = _stages.get()
        started = time.perf_counter()
        try:
            with self.inner.trace(operation_name, tags, parent_span) as span:
                yield span
        finally:
            if stages is not None and operation_name == "haystack.component.run":
                name = str((tags or {}).get("haystack.component.name", "?"))
                stages[name] = stages.get(name, 0.0) + 1000 * (time.perf_counter() - started)

    def current_span(self) -> Span | None:
        """Return the inner tracer's span."""
        return self.inner.current_span()


@contextlib.contextmanager
def timed_stages() -> Iterator[dict[str, float]]:
    """Collect milliseconds by component name for the pipelines run inside this block."""
    if not isinstance(tracer.actual_tracer, StageTimer):
        enable_tracing(StageTimer(tracer.actual_tracer))
    stages: dict[str, float] = {}
    token = _stages.set(stages)
    try:
        yield stages
    finally:
        _stages.reset(token)
