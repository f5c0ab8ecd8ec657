"""Writing: chosen articles become introductions that are true to them."""

from pipeline.writing.generator import PLAIN_DESCRIPTIONS_NOTE, IntroductionGenerator
from pipeline.writing.introduction import Introduction
from pipeline.writing.prompt_builder import IntroductionPromptBuilder
from pipeline.writing.truth import problems
from pipeline.writing.truth.problem import Problem
from pipeline.writing.truth_check import TruthCheck

__all__ = [
    "PLAIN_DESCRIPTIONS_NOTE",
    "Introduction",
    "IntroductionGenerator",
    "IntroductionPromptBuilder",
    "Problem",
    "TruthCheck",
    "problems",
]
