"""From a catalogue to an answer: readers, index, understanding, retrieval, writing."""

import os

# Haystack reports usage to its makers unless told otherwise before its first import.
os.environ.setdefault("HAYSTACK_TELEMETRY_ENABLED", "False")
# Own components may be loaded from pipeline YAML (Haystack 3 refuses unknown modules).
os.environ.setdefault("HAYSTACK_DESERIALIZATION_ALLOWLIST", "pipeline.*")
