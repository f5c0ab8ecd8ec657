"""The sample catalogue: a made-up shop in H&M's 25 columns, for demos and tests."""

from pathlib import Path

SAMPLE_CATALOGUE = Path(__file__).parent / "articles.csv"
"""UTF-8 CSV, one article a row; written by `python -m pipeline.sample.generator`."""
