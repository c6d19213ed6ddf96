"""What programs of other files call: another module, with globals of its own."""

import math

import numpy as np

PROGRAMS = []

FACTOR = 1.75
SCALE = -4.0  # another than the one of functions.py


def cube(x):
    return x ** 3


def softplus(x):
    return math.log1p(math.exp(x))


def scaled(x):
    return x * SCALE


def twice_cubed(x):
    return cube(cube(x) + FACTOR)


def normalised(v):
    return v / np.sqrt(np.sum(v * v))


class Line:
    """A straight line."""

    def __init__(self, slope, offset):
        self.slope, self.offset = slope, offset

    def at(self, x):
        return self.slope * x + self.offset
