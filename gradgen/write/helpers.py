"""Small functions that the text brings along where it needs them, each as its source.

They are needed only where something is not known until run time. They are plain Python and NumPy, and
valid for Numba where its style can need them.
"""

from __future__ import annotations

HELPERS = {
    "_sum_to": '''\
def _sum_to(x, shape):
    """Sum x over the axes along which an array of this shape was broadcast to it."""
    x = x.sum(axis=tuple(range(x.ndim - len(shape))))
    axes = tuple(axis for axis, size in enumerate(shape) if size == 1 and x.shape[axis] != 1)
    return x.sum(axis=axes, keepdims=True) if axes else x
''',
    "_zeros": '''\
def _zeros(items):
    """Zeros in the structure of a list."""
    return [_zeros(item) if isinstance(item, list) else item * 0.0 for item in items]
''',
    "_add": '''\
def _add(a, b):
    """The sum of two lists, item by item."""
    return [_add(x, y) if isinstance(x, list) else x + y for x, y in zip(a, b)]
''',
    "_stays": '''\
def _stays(x, index):
    """Where what `x[index] = values` stores is not overwritten by what it stores at the same place later."""
    order = np.arange(x[index].size).reshape(x[index].shape)
    last = np.empty(x.shape, dtype=int)
    last[index] = order
    return last[index] == order
''',
    "_last": '''\
def _last(start, stop, step):
    """The last item of a range, or the item before its first where it is empty."""
    return start + (max(0, -((start - stop) // step)) - 1) * step
''',
}
