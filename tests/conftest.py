"""Import Lookbook before Haystack, as the product does, so that Haystack reports no usage."""

import pipeline  # noqa: F401
