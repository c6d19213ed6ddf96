"""Objects of the user's classes: made inside, changed, and what their special methods mean."""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tests.support.table import program


class Dual:
    """Forward mode by hand."""

    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    @staticmethod
    def of(x):
        return x if isinstance(x, Dual) else Dual(x)

    def __add__(self, other):
        other = Dual.of(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    def __mul__(self, other):
        other = Dual.of(other)
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self):
        return -1 * self

    def __abs__(self):
        return math.hypot(self.value, self.slope)

    def __lt__(self, other):
        return self.value < Dual.of(other).value

    def __eq__(self, other):
        return self.value == other.value

    def __bool__(self):
        return False


def operators_of_a_class(x):
    a = Dual(x, 1.0)
    for k in range(3):
        a = a * a if k % 2 else 2.0 * a + 1.0
        if a.value > 10:
            a *= 0.5
    s = abs(-a) if a else a.slope * 2
    s += x if a < 5 else 2 * x
    s += 3 * x if a > Dual(5.0) else 4 * x
    s += 5 * x if a in [Dual(0.0), Dual(a.value)] else 6 * x
    return s + (7 * x if a != Dual(x) else 8 * x)


class Controller:
    GAIN = 0.9

    def __init__(self, kp, ki):
        self.kp, self.ki = kp, ki
        self.sum = 0.0
        self.before = None
        self.__calls = 0

    def __call__(self, error):
        self.sum += error * 0.1
        slope = 0.0 if self.before is None else error - self.before
        self.before = error
        self.__calls += 1
        return self.output(error) + 0.1 * slope

    def output(self, error):
        return self.GAIN * (self.kp * error + self.ki * self.sum)

    @property
    def calls(self):
        return self.__calls


class Limited(Controller):
    def __init__(self, kp, ki, limit):
        Controller.__init__(self, kp, ki)
        self.limit = limit

    @property
    def limit(self):
        return self._limit

    @limit.setter
    def limit(self, value):
        self._limit = 2 * value

    def output(self, error):
        return min(Controller.output(self, error), self.limit)


def state_in_an_object(kp, ki):
    control = Limited(kp, ki, 0.45)
    y = cost = 0.0
    for k in range(6):
        error = 1.0 - y
        if k == 4:
            control.limit = kp
        y += 0.3 * control(error)
        cost += error**2
    return cost * control.calls


class Grid:
    def __init__(self, n):
        self.data = np.zeros(n)

    def __len__(self):
        return len(self.data)

    def __getitem__(self, k):
        return self.data[k]

    def __setitem__(self, k, value):
        self.data[k] = value

    def __contains__(self, x):
        return np.max(self.data) > x


def brackets_of_a_class(v):
    grid = Grid(len(v))
    for i in range(len(grid)):
        grid[i] = v[i] ** 2
        grid[i] += v[i]
    return np.sum(grid[1:] * grid[:-1]) * (1.5 if 2.0 in grid else 2.5)


class Point(NamedTuple):
    x: float
    y: float

    def __add__(self, other):
        return Point(self.x + other.x, self.y + other.y)

    def __mul__(self, k):
        return Point(self.x * k, self.y * k)

    def __len__(self):
        return 7

    def __eq__(self, other):
        return True


@dataclass
class Track:
    start: float
    history: list = field(default_factory=list)
    gain: float = 2.0
    total: float = field(init=False)

    def __post_init__(self):
        self.total = self.start * self.gain

    def __iadd__(self, x):
        self.history.append(x)
        self.total += x * self.start
        return self


def operators_of_structures(x):
    p = Point(x, x * x) + Point(1.0, 2.0) * 2
    track = also = Track(x)
    track += p.x
    track += p.y
    other = Track(x, [1.0], gain=x)
    return p.x * p.y * len(p) + also.total * sum(also.history) + other.total * len(other.history) + (p == Point(x, x))


@dataclass
class Particle:
    at: np.ndarray
    weight: float

    def moved(self, step):
        return Particle(self.at + step, self.weight * 1.1)


def objects_in_a_list(positions, weights):
    """As many as there are rows; the sums are of arrays."""
    particles = [Particle(p, w) for p, w in zip(positions, weights)]
    for _ in range(2):
        center = sum(p.at * p.weight for p in particles)
        particles = [p.moved(0.1 * (center - p.at)) for p in particles]
    far = max(particles, key=lambda p: p.at @ p.at)
    return sum(p.weight * (p.at @ p.at) for p in particles) + particles[0].weight * far.weight


PROGRAMS = [
    program(operators_of_a_class, (1.3,), (0.2,)),
    program(state_in_an_object, (1.3, 0.7)),
    program(brackets_of_a_class, (np.array([1.3, 0.7, -2.0]),)),
    program(operators_of_structures, (1.3,)),
    program(objects_in_a_list, (np.array([[1.3, 0.7], [-2.0, 0.4], [0.6, -1.1]]), np.array([0.5, 1.2, 0.3]))),
]
