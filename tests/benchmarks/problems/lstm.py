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
def by_hand(weights, biases, ends, hidden, cell, sequence):
    """Rows of whole vectors; the gates are kept, and nothing else but the states."""
    layers, width = hidden.shape
    steps = sequence.shape[0] - 1
    w, b = np.zeros((layers, 4, WIDTH)), np.zeros((layers, 4, WIDTH))
    w[:, :, :width], b[:, :, :width] = weights, biases
    e = np.zeros((3, WIDTH))
    e[:, :width] = ends
    e[2, width:] = -1e300  # of what fills up, no probability
    inputs = np.zeros((steps + 1, WIDTH))
    inputs[:, :width] = sequence
    hiddens, cells = np.zeros((steps + 1, layers, WIDTH)), np.zeros((steps + 1, layers, WIDTH))
    hiddens[0, :, :width], cells[0, :, :width] = hidden, cell
    gates = np.empty((steps, layers, 5, WIDTH))
    pulls = np.empty((steps, WIDTH))
    x = np.empty(WIDTH)
    share = -1.0 / (width * steps)
    for t in range(steps):
        for i in range(WIDTH):
            x[i] = inputs[t, i] * e[0, i]
        for k in range(layers):
            for i in range(WIDTH):
                before = hiddens[t, k, i]
                forget = 1.0 / (1.0 + exp(-(x[i] * w[k, 0, i] + b[k, 0, i])))
                ingate = 1.0 / (1.0 + exp(-(before * w[k, 1, i] + b[k, 1, i])))
                outgate = 1.0 / (1.0 + exp(-(x[i] * w[k, 2, i] + b[k, 2, i])))
                change = tanh(before * w[k, 3, i] + b[k, 3, i])
                c = cells[t, k, i] * forget + ingate * change
                shown = tanh(c)
                gates[t, k, 0, i], gates[t, k, 1, i], gates[t, k, 2, i] = forget, ingate, outgate
                gates[t, k, 3, i], gates[t, k, 4, i] = change, shown
                cells[t + 1, k, i] = c
                x[i] = outgate * shown
                hiddens[t + 1, k, i] = x[i]
        total, wanted = 2.0, 0.0
        for i in range(WIDTH):
            p = exp(x[i] * e[1, i] + e[2, i])
            pulls[t, i] = p
            total += p
            wanted += inputs[t + 1, i]
        wanted *= share / total
        for i in range(WIDTH):
            pulls[t, i] = share * inputs[t + 1, i] - wanted * pulls[t, i]
    dw, db, de = np.zeros((layers, 4, WIDTH)), np.zeros((layers, 4, WIDTH)), np.zeros((3, WIDTH))
    dh, dc, dx = np.zeros((layers, WIDTH)), np.zeros((layers, WIDTH)), np.empty(WIDTH)
    for t in range(steps - 1, -1, -1):
        for i in range(WIDTH):
            de[1, i] += pulls[t, i] * hiddens[t + 1, layers - 1, i]
            de[2, i] += pulls[t, i]
            dx[i] = pulls[t, i] * e[1, i]
        for k in range(layers - 1, -1, -1):
            for i in range(WIDTH):
                forget, ingate, outgate = gates[t, k, 0, i], gates[t, k, 1, i], gates[t, k, 2, i]
                change, shown = gates[t, k, 3, i], gates[t, k, 4, i]
                before = hiddens[t, k, i]
                below = hiddens[t + 1, k - 1, i] if k > 0 else inputs[t, i] * e[0, i]
                dhidden = dh[k, i] + dx[i]
                dcell = dc[k, i] + dhidden * outgate * (1.0 - shown * shown)
                dforget = dcell * cells[t, k, i] * forget * (1.0 - forget)
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
