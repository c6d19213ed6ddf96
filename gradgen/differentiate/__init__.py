"""From a program to its gradient: reverse mode (`gradient`, `pair`) and forward mode (`jvp`)."""

from gradgen.differentiate.forms import gradient, pair
from gradgen.differentiate.forward import jvp

__all__ = ["gradient", "jvp", "pair"]
