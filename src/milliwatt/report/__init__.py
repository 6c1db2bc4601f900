"""Terminal tables and pages made from results: reads figures, measures nothing."""

from milliwatt.report.files import write_text_atomically
from milliwatt.report.html import result_page, study_page
from milliwatt.report.result import Result, Study
from milliwatt.report.terminal import print_result, print_study

__all__ = [
    "Result",
    "Study",
    "print_result",
    "print_study",
    "result_page",
    "study_page",
    "write_text_atomically",
]
