"""Measuring the product: speed and quality, each number beside its baseline in the same run."""

from pipeline.evaluation.benchmark import PARTS, QUICK, WHOLE, Scale, run_benchmark
from pipeline.evaluation.report import Report

__all__ = ["PARTS", "QUICK", "WHOLE", "Report", "Scale", "run_benchmark"]
