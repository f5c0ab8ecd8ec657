"""One model at a time.

While transformers loads a model it replaces methods of its own classes, and puts them back after.
Two threads that do so at once can leave the replacements in place, and every later model is then
broken without a word. Whatever calls `from_pretrained` holds this lock.
"""

from threading import RLock

from transformers.utils import logging as transformers_logging

# A model loads in a second or two; bars would only end up in logs and between answers.
transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]

LOADING = RLock()
