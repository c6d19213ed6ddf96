"""The forward algorithm of a hidden Markov model, in logarithms: the log-likelihood of what was observed."""

import numpy as np

from tests.benchmarks.expert import exp, fast
from tests.benchmarks.problem import Problem


def hidden_markov(start, moves, shows, seen):
    """`start[k]`, `moves[k, l]` and `shows[k, symbol]` are logarithms of probabilities, not normalised."""
    alpha = start + shows[:, seen[0]]
    for t in range(1, len(seen)):
        reached = alpha[:, None] + moves
        shift = np.max(reached, axis=0)
        alpha = shift + np.log(np.sum(np.exp(reached - shift), axis=0)) + shows[:, seen[t]]
    shift = np.max(alpha)
    return shift + np.log(np.sum(np.exp(alpha - shift)))


@fast
def by_hand(start, moves, shows, seen):
    """Probabilities, scaled in each step, in the place of logarithms; the gradient is the expected counts."""
    states, symbols = shows.shape
    steps = seen.size
    p_moves, p_shows = np.empty((states, states)), np.empty((symbols, states))
    for k in range(states):
        for m in range(states):
            p_moves[k, m] = exp(moves[k, m])
    for k in range(states):
        for symbol in range(symbols):
            p_shows[symbol, k] = exp(shows[k, symbol])
    alpha, scale = np.zeros((steps, states)), np.empty(steps)
    for k in range(states):
        alpha[0, k] = exp(start[k]) * p_shows[seen[0], k]
    for t in range(steps):
        if t > 0:
            for k in range(states):
                weight = alpha[t - 1, k]
                for m in range(states):
                    alpha[t, m] += weight * p_moves[k, m]
            for m in range(states):
                alpha[t, m] *= p_shows[seen[t], m]
        total = 0.0
        for m in range(states):
            total += alpha[t, m]
        scale[t] = 1.0 / total
        for m in range(states):
            alpha[t, m] *= scale[t]
    beta, ahead = np.ones(states), np.empty(states)
    dmoves, counts = np.zeros((states, states)), np.zeros((symbols, states))
    for t in range(steps - 1, 0, -1):
        for m in range(states):
            counts[seen[t], m] += alpha[t, m] * beta[m]
            ahead[m] = beta[m] * p_shows[seen[t], m] * scale[t]
        for k in range(states):
            weight, total = alpha[t - 1, k], 0.0
            for m in range(states):
                dmoves[k, m] += weight * ahead[m]
                total += p_moves[k, m] * ahead[m]
            beta[k] = total
    dstart, dshows = np.empty(states), np.empty((states, symbols))
    for k in range(states):
        dstart[k] = alpha[0, k] * beta[k]
        counts[seen[0], k] += dstart[k]
    for k in range(states):
        for m in range(states):
            dmoves[k, m] *= p_moves[k, m]
        for symbol in range(symbols):
            dshows[k, symbol] = counts[symbol, k]
    return dstart, dmoves, dshows


def by_jax():
    import jax

    def hidden_markov(start, moves, shows, seen):
        def step(alpha, symbol):
            return jax.nn.logsumexp(alpha[:, None] + moves, axis=0) + shows[:, symbol], None

        alpha, _ = jax.lax.scan(step, start + shows[:, seen[0]], seen[1:])
        return jax.nn.logsumexp(alpha)

    return hidden_markov


def of_size(states, symbols, steps):
    def make(generator):
        weights = (generator.normal(size=shape) for shape in (states, (states, states), (states, symbols)))
        return (*weights, generator.integers(0, symbols, steps))

    return make


PROBLEM = Problem(
    function=hidden_markov,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"3 states, 10 steps": of_size(3, 4, 10), "32 states, 1000 steps": of_size(32, 20, 1000)},
    as_is=("autograd",),
    rewritten={"jax": by_jax},
)
