"""From a program to its gradient: reverse mode (`gradient`, `pair`) and forward mode (`jvp`)."""

from gradgen.differentiate.forms import gradient, pair
from gradgen.differentiate.forward import jvp
from gradgen.differentiate.gathering import gather_products
from gradgen.differentiate.masked import choose_masked
from gradgen.differentiate.unbound import ask_for_values

__all__ = ["ask_for_values", "choose_masked", "gather_products", "gradient", "jvp", "pair"]
