"""Staging: from the user's function to a typed program, by abstract interpretation of its text.

    stage(function, arguments)

goes through the statements with an environment from names to staged values, and appends to the program
what has to be computed. What is known of the types is known at each step, so that the text can be
resolved as Python would resolve it: which function a name is, which branch a test of None takes, which
items a tuple has.
"""

from gradgen.stage.session import NeedsValue
from gradgen.stage.stage import stage

__all__ = ["NeedsValue", "stage"]
