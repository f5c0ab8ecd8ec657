"""The paper's two experiments, each as one command: accuracy (figure 2), latency (figure 3)."""

from pipeline.evaluation.experiments.accuracy import run_accuracy
from pipeline.evaluation.experiments.latency import run_latency

__all__ = ["run_accuracy", "run_latency"]
