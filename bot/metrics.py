"""What is counted and timed, for Prometheus."""

import asyncio
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_LAG_INTERVAL_S = 0.1
_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 120)
_LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3)


class Metrics:
    """One process's metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "lookbook_requests",
            "Requests by platform, action and outcome.",
            ("platform", "action", "outcome"),
            registry=registry,
        )
        self.duplicates = Counter(
            "lookbook_duplicates",
            "Messages, clicks and commands that came again and were dropped.",
            ("platform",),
            registry=registry,
        )
        self.undelivered = Counter(
            "lookbook_undelivered",
            "Last replies that the platform did not take.",
            ("platform",),
            registry=registry,
        )
        self.queue = Gauge(
            "lookbook_queue", "Requests by state: waiting, running.", ("state",), registry=registry
        )
        self.stages = Histogram(
            "lookbook_stage_seconds",
            "Time of one stage of an answer; wait is the time in the queue.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self.introductions = Counter(
            "lookbook_introductions",
            "Introductions by who wrote them: the model, or the fallback from the article's data.",
            ("written_by",),
            registry=registry,
        )
        self.opinions = Counter(
            "lookbook_opinions",
            "Opinions on articles: like, dislike, not this kind, taken back.",
            ("platform", "opinion"),
            registry=registry,
        )
        self.rate_limited = Counter(
            "lookbook_rate_limited",
            "429 answers from a platform.",
            ("platform",),
            registry=registry,
        )
        self.reconnects = Counter(
            "lookbook_reconnects",
            "Times a platform's connection was lost and made again.",
            ("platform",),
            registry=registry,
        )
        self.expired_interactions = Counter(
            "lookbook_expired_interactions",
            "Interactions that the platform no longer knew when they were answered.",
            ("platform",),
            registry=registry,
        )
        self.loop_lag = Histogram(
            "lookbook_loop_lag_seconds",
            f"How late the event loop was, looked at every {_LAG_INTERVAL_S} s.",
            buckets=_LAG_SECONDS,
            registry=registry,
        )

    async def watch_loop(self) -> None:
        """Time the event loop that this runs on, until cancelled."""
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(_LAG_INTERVAL_S)
            self.loop_lag.observe(max(0.0, time.perf_counter() - begun - _LAG_INTERVAL_S))

    def exposition(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self.registry)
