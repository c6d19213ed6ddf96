"""A language model over characters: layers of an LSTM whose weight matrices are diagonal, as ADBench has it."""

import numpy as np

from tests.benchmarks.expert import exp, fast, tanh
from tests.benchmarks.problem import Problem

WIDTH = 16  # 14 characters, filled up to whole vectors


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def lstm(weights, biases, ends, hidden, cell, sequence):
    hidden = hidden.copy()
    cell = cell.copy()
    layers = len(weights)
    total = 0.0
    for t in range(len(sequence) - 1):
        x = sequence[t] * ends[0]
        for k in range(layers):
            forget = sigmoid(x * weights[k, 0] + biases[k, 0])
            ingate = sigmoid(hidden[k] * weights[k, 1] + biases[k, 1])
            outgate = sigmoid(x * weights[k, 2] + biases[k, 2])
            change = np.tanh(hidden[k] * weights[k, 3] + biases[k, 3])
            cell[k] = cell[k] * forget + ingate * change
            x = outgate * np.tanh(cell[k])
            hidden[k] = x
        predicted = x * ends[1] + ends[2]
        normed = predicted - np.log(np.sum(np.exp(predicted)) + 2.0)
        total += np.sum(sequence[t + 1] * normed)
    return -total / (sequence.shape[1] * (len(sequence) - 1))


@fast
def cell_forward(k, w, b, x, h, c, kept):
    """Of layer k in one step: `x` is what goes in, and then what comes out. `kept` is a row of rows for backward."""
    for i in range(WIDTH):
        forget = 1.0 / (1.0 + exp(-(x[i] * w[k, 0, i] + b[k, 0, i])))
        ingate = 1.0 / (1.0 + exp(-(h[k, i] * w[k, 1, i] + b[k, 1, i])))
        outgate = 1.0 / (1.0 + exp(-(x[i] * w[k, 2, i] + b[k, 2, i])))
        change = tanh(h[k, i] * w[k, 3, i] + b[k, 3, i])
        kept[0, i], kept[1, i], kept[2, i], kept[3, i] = forget, ingate, outgate, change
        kept[4, i], kept[5, i], kept[6, i] = x[i], h[k, i], c[k, i]
        cell = c[k, i] * forget + ingate * change
        shown = tanh(cell)
        kept[7, i] = shown
        c[k, i] = cell
        h[k, i] = outgate * shown
        x[i] = outgate * shown


@fast
def cell_backward(k, w, kept, dw, db, dh, dc, dx):
    """`dx` is the adjoint of what came out, and then that of what went in."""
    for i in range(WIDTH):
        forget, ingate, outgate, change = kept[0, i], kept[1, i], kept[2, i], kept[3, i]
        below, before, cell, shown = kept[4, i], kept[5, i], kept[6, i], kept[7, i]
        dhidden = dh[k, i] + dx[i]
        dcell = dc[k, i] + dhidden * outgate * (1.0 - shown * shown)
        dforget = dcell * cell * forget * (1.0 - forget)
        dingate = dcell * change * ingate * (1.0 - ingate)
        doutgate = dhidden * shown * outgate * (1.0 - outgate)
        dchange = dcell * ingate * (1.0 - change * change)
        dw[k, 0, i] += dforget * below
        dw[k, 1, i] += dingate * before
        dw[k, 2, i] += doutgate * below
        dw[k, 3, i] += dchange * before
        db[k, 0, i] += dforget
        db[k, 1, i] += dingate
        db[k, 2, i] += doutgate
        db[k, 3, i] += dchange
        dc[k, i] = dcell * forget
        dh[k, i] = dingate * w[k, 1, i] + dchange * w[k, 3, i]
        dx[i] = dforget * w[k, 0, i] + doutgate * w[k, 2, i]


@fast
def exponentials(x):
    """Of all steps at once: a loop over one row is unrolled before it could be vectorised."""
    for i in range(x.size):
        x[i] = exp(x[i])


@fast
def ends_forward(pull, wanted, share):
    """From exponentials to adjoints of what was predicted."""
    total, whole = 2.0, 0.0
    for i in range(WIDTH):
        total += pull[i]
        whole += wanted[i]
    whole *= share / total
    for i in range(WIDTH):
        pull[i] = share * wanted[i] - whole * pull[i]


@fast
def ends_backward(pull, kept, e, de, dx):
    for i in range(WIDTH):
        de[1, i] += pull[i] * kept[2, i] * kept[7, i]
        de[2, i] += pull[i]
        dx[i] = pull[i] * e[1, i]


@fast
def filled_up(values, shape):
    """In whole vectors; what is added is zero."""
    full = np.zeros(shape)
    full[..., : values.shape[-1]] = values
    return full


@fast
def by_hand(weights, biases, ends, hidden, cell, sequence):
    """Rows of whole vectors; gates and states are kept, and no exponential is taken twice."""
    layers, width = hidden.shape
    steps = sequence.shape[0] - 1
    w, b = filled_up(weights, (layers, 4, WIDTH)), filled_up(biases, (layers, 4, WIDTH))
    h, c = filled_up(hidden, (layers, WIDTH)), filled_up(cell, (layers, WIDTH))
    e = filled_up(ends, (3, WIDTH))
    e[2, width:] = -1e300  # of what fills up, no probability
    inputs = filled_up(sequence, (steps + 1, WIDTH))
    kept = np.empty((steps, layers, 8, WIDTH))
    pulls = np.empty((steps, WIDTH))
    x = np.empty(WIDTH)
    for t in range(steps):
        for i in range(WIDTH):
            x[i] = inputs[t, i] * e[0, i]
        for k in range(layers):
            cell_forward(k, w, b, x, h, c, kept[t, k])
        for i in range(WIDTH):
            pulls[t, i] = x[i] * e[1, i] + e[2, i]
    exponentials(pulls.reshape(-1))
    dw, db, de = np.zeros((layers, 4, WIDTH)), np.zeros((layers, 4, WIDTH)), np.zeros((3, WIDTH))
    dh, dc, dx = np.zeros((layers, WIDTH)), np.zeros((layers, WIDTH)), np.empty(WIDTH)
    for t in range(steps - 1, -1, -1):
        ends_forward(pulls[t], inputs[t + 1], -1.0 / (width * steps))
        ends_backward(pulls[t], kept[t, layers - 1], e, de, dx)
        for k in range(layers - 1, -1, -1):
            cell_backward(k, w, kept[t, k], dw, db, dh, dc, dx)
        for i in range(WIDTH):
            de[0, i] += dx[i] * inputs[t, i]
    return dw[:, :, :width].copy(), db[:, :, :width].copy(), de[:, :width].copy()


def of_size(layers, steps, width=14):
    def make(generator):
        weights, biases = generator.normal(size=(2, layers, 4, width))
        hidden, cell = generator.normal(size=(2, layers, width))
        sequence = np.eye(width)[generator.integers(width, size=steps)]
        return weights, biases, generator.normal(size=(3, width)), hidden, cell, sequence

    return make


def with_jax():
    """A scan over the characters, as one would write it."""
    import jax
    import jax.numpy as jnp

    def value(weights, biases, ends, hidden, cell, sequence):
        def step(state, now_and_next):
            hidden, cell = state
            now, following = now_and_next
            x = now * ends[0]
            hiddens, cells = [], []
            for k in range(len(weights)):
                forget = jax.nn.sigmoid(x * weights[k, 0] + biases[k, 0])
                ingate = jax.nn.sigmoid(hidden[k] * weights[k, 1] + biases[k, 1])
                outgate = jax.nn.sigmoid(x * weights[k, 2] + biases[k, 2])
                change = jnp.tanh(hidden[k] * weights[k, 3] + biases[k, 3])
                cells.append(cell[k] * forget + ingate * change)
                x = outgate * jnp.tanh(cells[-1])
                hiddens.append(x)
            predicted = x * ends[1] + ends[2]
            normed = predicted - jnp.log(jnp.sum(jnp.exp(predicted)) + 2.0)
            return (jnp.stack(hiddens), jnp.stack(cells)), jnp.sum(following * normed)

        _, gains = jax.lax.scan(step, (hidden, cell), (sequence[:-1], sequence[1:]))
        return -jnp.sum(gains) / (sequence.shape[1] * (len(sequence) - 1))

    return value


def without_stores(np):
    """For peers that do not see stores: the states are lists of arrays."""

    def value(weights, biases, ends, hidden, cell, sequence):
        layers, steps = len(weights), len(sequence) - 1
        hidden, cell = [hidden[k] for k in range(layers)], [cell[k] for k in range(layers)]
        total = 0.0
        for t in range(steps):
            x = sequence[t] * ends[0]
            for k in range(layers):
                forget = 1.0 / (1.0 + np.exp(-(x * weights[k, 0] + biases[k, 0])))
                ingate = 1.0 / (1.0 + np.exp(-(hidden[k] * weights[k, 1] + biases[k, 1])))
                outgate = 1.0 / (1.0 + np.exp(-(x * weights[k, 2] + biases[k, 2])))
                change = np.tanh(hidden[k] * weights[k, 3] + biases[k, 3])
                cell[k] = cell[k] * forget + ingate * change
                hidden[k] = outgate * np.tanh(cell[k])
                x = hidden[k]
            predicted = x * ends[1] + ends[2]
            normed = predicted - np.log(np.sum(np.exp(predicted)) + 2.0)
            total = total + np.sum(sequence[t + 1] * normed)
        return -total / (sequence.shape[1] * steps)

    return value


def with_autograd():
    import autograd.numpy

    return without_stores(autograd.numpy)


def with_mygrad():
    import mygrad

    return without_stores(mygrad)


def with_torch():
    import torch

    return without_stores(torch)


PROBLEM = Problem(
    function=lstm,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"2 layers, 10": of_size(2, 10), "2 layers, 1024": of_size(2, 1024), "4 layers, 4096": of_size(4, 4096)},
    rewritten={"jax": with_jax, "autograd": with_autograd, "mygrad": with_mygrad, "torch": with_torch},
)
