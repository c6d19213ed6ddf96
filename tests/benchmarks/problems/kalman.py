"""A Kalman filter: minus the log-likelihood of measurements, by the motion and by both covariances."""

import numpy as np

from tests.benchmarks.expert import fast
from tests.benchmarks.problem import Problem

STATES = 4


def kalman(motion, spread, noise, sight, seen):
    x, p = np.zeros(motion.shape[0]), np.eye(motion.shape[0])
    total = 0.0
    for t in range(seen.shape[0]):
        x = motion @ x
        p = motion @ p @ motion.T + spread
        error = seen[t] - sight @ x
        s = sight @ p @ sight.T + noise
        inverse = np.linalg.inv(s)
        gain = p @ sight.T @ inverse
        x = x + gain @ error
        p = p - gain @ (sight @ p)
        total += error @ inverse @ error + np.log(np.linalg.det(s))
    return 0.5 * total


@fast
def times(a, b, out):
    """a @ b, of states by states."""
    for i in range(STATES):
        for j in range(STATES):
            total = 0.0
            for k in range(STATES):
                total += a[i, k] * b[k, j]
            out[i, j] = total


@fast
def times_transposed(a, b, out):
    """a @ b.T, of states by states."""
    for i in range(STATES):
        for j in range(STATES):
            total = 0.0
            for k in range(STATES):
                total += a[i, k] * b[j, k]
            out[i, j] = total


@fast
def transposed_times(a, b, out):
    """a.T @ b, of states by states."""
    for i in range(STATES):
        for j in range(STATES):
            total = 0.0
            for k in range(STATES):
                total += a[k, i] * b[k, j]
            out[i, j] = total


@fast
def measured(x, p, seen, sight, noise, across, gain):
    """What a measurement of two numbers tells: p @ sight.T, the gain; its error and its covariance's inverse."""
    e0, e1 = seen[0], seen[1]
    s00, s01, s10, s11 = noise[0, 0], noise[0, 1], noise[1, 0], noise[1, 1]
    for i in range(STATES):
        first = second = 0.0
        for k in range(STATES):
            first += p[i, k] * sight[0, k]
            second += p[i, k] * sight[1, k]
        across[i, 0], across[i, 1] = first, second
        e0 -= sight[0, i] * x[i]
        e1 -= sight[1, i] * x[i]
        s00 += sight[0, i] * first
        s01 += sight[0, i] * second
        s10 += sight[1, i] * first
        s11 += sight[1, i] * second
    scale = 1.0 / (s00 * s11 - s01 * s10)
    i00, i01, i10, i11 = s11 * scale, -s01 * scale, -s10 * scale, s00 * scale
    for i in range(STATES):
        gain[i, 0] = across[i, 0] * i00 + across[i, 1] * i10
        gain[i, 1] = across[i, 0] * i01 + across[i, 1] * i11
    return e0, e1, i00, i01, i10, i11


@fast
def filtered(motion, spread, noise, sight, seen):
    """What is predicted of each step, and what was known before it."""
    steps = seen.shape[0]
    xs, ps = np.empty((steps, STATES)), np.empty((steps, STATES, STATES))
    befores, covariances = np.zeros((steps + 1, STATES)), np.empty((steps + 1, STATES, STATES))
    covariances[0] = np.eye(STATES)
    half, across, gain = np.empty((STATES, STATES)), np.empty((STATES, 2)), np.empty((STATES, 2))
    for t in range(steps):
        times(motion, covariances[t], half)
        times_transposed(half, motion, ps[t])
        for i in range(STATES):
            xs[t, i] = 0.0
            for j in range(STATES):
                xs[t, i] += motion[i, j] * befores[t, j]
                ps[t, i, j] += spread[i, j]
        e0, e1, _, _, _, _ = measured(xs[t], ps[t], seen[t], sight, noise, across, gain)
        for j in range(STATES):
            first = second = 0.0
            for k in range(STATES):
                first += sight[0, k] * ps[t, k, j]
                second += sight[1, k] * ps[t, k, j]
            befores[t + 1, j] = xs[t, j] + gain[j, 0] * e0 + gain[j, 1] * e1
            for i in range(STATES):
                covariances[t + 1, i, j] = ps[t, i, j] - gain[i, 0] * first - gain[i, 1] * second
    return xs, ps, befores, covariances


@fast
def unmeasure(x, p, seen, sight, noise, across, gain, dx, dp, dnoise, room):
    """From the adjoints after a measurement, in `dx` and `dp`, to those before it; adds to the noise's."""
    e0, e1, i00, i01, i10, i11 = measured(x, p, seen, sight, noise, across, gain)
    c00, c01, c10, c11 = 0.5 * e0 * e0, 0.5 * e0 * e1, 0.5 * e1 * e0, 0.5 * e1 * e1  # the inverse's
    d0, d1 = i00 * e0 + i01 * e1, i10 * e0 + i11 * e1  # the error's
    seen_p, dgain, dseen_p = room
    seen_p[:] = 0.0
    dseen_p[:] = 0.0
    for i in range(STATES):
        for j in range(STATES):
            seen_p[0, j] += sight[0, i] * p[i, j]
            seen_p[1, j] += sight[1, i] * p[i, j]
            dseen_p[0, j] += gain[i, 0] * dp[i, j]
            dseen_p[1, j] += gain[i, 1] * dp[i, j]
    for i in range(STATES):
        first, second = dx[i] * e0, dx[i] * e1
        for j in range(STATES):
            first -= dp[i, j] * seen_p[0, j]
            second -= dp[i, j] * seen_p[1, j]
        dgain[i, 0], dgain[i, 1] = first, second
        c00 += across[i, 0] * first
        c01 += across[i, 0] * second
        c10 += across[i, 1] * first
        c11 += across[i, 1] * second
        d0 += gain[i, 0] * dx[i]
        d1 += gain[i, 1] * dx[i]
    h00, h01, h10, h11 = i00 * c00 + i10 * c10, i00 * c01 + i10 * c11, i01 * c00 + i11 * c10, i01 * c01 + i11 * c11
    s00, s01 = 0.5 * i00 - (h00 * i00 + h01 * i01), 0.5 * i10 - (h00 * i10 + h01 * i11)
    s10, s11 = 0.5 * i01 - (h10 * i00 + h11 * i01), 0.5 * i11 - (h10 * i10 + h11 * i11)
    dnoise[0, 0] += s00
    dnoise[0, 1] += s01
    dnoise[1, 0] += s10
    dnoise[1, 1] += s11
    for i in range(STATES):
        first = sight[0, i] * s00 + sight[1, i] * s10 + dgain[i, 0] * i00 + dgain[i, 1] * i01
        second = sight[0, i] * s01 + sight[1, i] * s11 + dgain[i, 0] * i10 + dgain[i, 1] * i11
        dx[i] -= sight[0, i] * d0 + sight[1, i] * d1
        for j in range(STATES):
            dp[i, j] += first * sight[0, j] + second * sight[1, j]
            dp[i, j] -= sight[0, i] * dseen_p[0, j] + sight[1, i] * dseen_p[1, j]


@fast
def unpredict(motion, before, covariance, dx, dp, dmotion, room):
    """From the adjoints of a prediction, in `dx` and `dp`, to those of what was before it; adds to the motion's."""
    half, other, next_dx = room
    times_transposed(motion, covariance, half)
    times(dp, half, other)
    for i in range(STATES):
        for j in range(STATES):
            dmotion[i, j] += other[i, j] + dx[i] * before[j]
    times(motion, covariance, half)
    transposed_times(dp, half, other)
    next_dx[:] = 0.0
    for i in range(STATES):
        for j in range(STATES):
            dmotion[i, j] += other[i, j]
            next_dx[j] += motion[i, j] * dx[i]
    dx[:] = next_dx
    times(dp, motion, half)
    transposed_times(motion, half, dp)


@fast
def by_hand(motion, spread, noise, sight, seen):
    """For four states and two numbers seen; predictions are kept for each step, gains are computed again."""
    xs, ps, befores, covariances = filtered(motion, spread, noise, sight, seen)
    dmotion, dspread, dnoise = np.zeros((STATES, STATES)), np.zeros((STATES, STATES)), np.zeros((2, 2))
    dx, dp = np.zeros(STATES), np.zeros((STATES, STATES))
    across, gain = np.empty((STATES, 2)), np.empty((STATES, 2))
    room = np.empty((2, STATES)), np.empty((STATES, 2)), np.empty((2, STATES))
    more_room = np.empty((STATES, STATES)), np.empty((STATES, STATES)), np.empty(STATES)
    for t in range(seen.shape[0] - 1, -1, -1):
        unmeasure(xs[t], ps[t], seen[t], sight, noise, across, gain, dx, dp, dnoise, room)
        for i in range(STATES):
            for j in range(STATES):
                dspread[i, j] += dp[i, j]
        unpredict(motion, befores[t], covariances[t], dx, dp, dmotion, more_room)
    return dmotion, dspread, dnoise


def by_jax():
    import jax
    import jax.numpy as jnp

    def kalman(motion, spread, noise, sight, seen):
        def step(state, measured):
            x, p = state
            x = motion @ x
            p = motion @ p @ motion.T + spread
            error = measured - sight @ x
            s = sight @ p @ sight.T + noise
            inverse = jnp.linalg.inv(s)
            gain = p @ sight.T @ inverse
            made = x + gain @ error, p - gain @ (sight @ p)
            return made, error @ inverse @ error + jnp.log(jnp.linalg.det(s))

        n = motion.shape[0]
        return 0.5 * jnp.sum(jax.lax.scan(step, (jnp.zeros(n), jnp.eye(n)), seen)[1])

    return kalman


def of_size(steps):
    def make(generator):
        motion = 0.9 * np.eye(STATES) + 0.1 * generator.normal(size=(STATES, STATES)) / np.sqrt(STATES)
        sight = generator.normal(size=(2, STATES))
        return motion, 0.1 * np.eye(STATES), 0.5 * np.eye(2), sight, generator.normal(size=(steps, 2))

    return make


PROBLEM = Problem(
    function=kalman,
    by_hand=by_hand,
    argnums=(0, 1, 2),
    sizes={"4 states, 5 steps": of_size(5), "4 states, 1000 steps": of_size(1000)},
    as_is=("autograd",),
    rewritten={"jax": by_jax},
)
