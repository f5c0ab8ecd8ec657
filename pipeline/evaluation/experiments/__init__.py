"""The paper's two experiments, each as one command: accuracy (figure 2), latency (figure 3).

And one on what the paper's title promises: personalization.
"""

from pipeline.evaluation.experiments.accuracy import run_accuracy
from pipeline.evaluation.experiments.latency import run_latency
from pipeline.evaluation.experiments.personalization import run_personalization

__all__ = ["run_accuracy", "run_latency", "run_personalization"]
