"""The truth check: does an introduction say only what its article bears out?"""

from pipeline.writing.truth.checking import problems
from pipeline.writing.truth.problem import Problem

__all__ = ["Problem", "problems"]
