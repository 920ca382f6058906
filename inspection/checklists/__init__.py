"""Inspection forms as data: what is asked, what a good answer is, what it is worth (A13, G5, G13).

table or JSON -> Form -> on the phone -> answers -> check_answers -> problems ; score_of -> points and grade
"""

from inspection.checklists.answers import (
    MAX_ROWS,
    MAX_TEXT,
    Answer,
    Problem,
    Score,
    check_answers,
    score_of,
    value_text,
)
from inspection.checklists.form import Column, Condition, Form, Question, QuestionKind, Value, form_faults
from inspection.checklists.standard import form_of, standard_form

__all__ = [
    "MAX_ROWS",
    "MAX_TEXT",
    "Answer",
    "Column",
    "Condition",
    "Form",
    "Problem",
    "Question",
    "QuestionKind",
    "Score",
    "Value",
    "check_answers",
    "form_faults",
    "form_of",
    "score_of",
    "standard_form",
    "value_text",
]
