"""JAX's side of the race in `./book speed`: those questions of training.cpp that it answers, alike.

In the form that serves it best: a whole epoch is one compiled program, a scan over its batches. How many threads
it uses is decided by how many cores the process may use when it starts.
"""

import statistics
import time
from functools import partial

import jax
import numpy
from jax import lax
from jax import numpy as jnp

from racing import answer_questions, read

BATCH = 100
SHAPES = {  # of the weights, layer by layer; a convolution's as (height, width, inputs, outputs)
    "mlp": [(784, 256), (256, 256), (256, 10)],
    "cnn": [(5, 5, 1, 8), (5, 5, 8, 16), (256, 128), (128, 10)],
    "book_cnn": [(5, 5, 1, 16), (5, 5, 16, 32), (512, 128), (128, 10)],
}
STEPS = {"mlp": 600, "cnn": 20, "book_cnn": 10}  # in one program: an epoch, or of a slow network less
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8


def load(kind):
    images = read(f"{kind}-images-idx3-ubyte.gz", 16).reshape(-1, 784).astype(numpy.float32) / 255
    return jnp.asarray(images), jnp.asarray(read(f"{kind}-labels-idx1-ubyte.gz", 8), jnp.int32)


def start_weights(name):
    """He's normal distribution before a ReLU, Glorot's before the logits, zero biases: like ours."""
    keys = jax.random.split(jax.random.key(1), len(SHAPES[name]))
    weights = []
    for i, (key, shape) in enumerate(zip(keys, SHAPES[name])):
        fan_in = numpy.prod(shape[:-1])
        last = i + 1 == len(SHAPES[name])
        scale = numpy.sqrt(2 / (fan_in + shape[-1]) if last else 2 / fan_in)
        weights.append((scale * jax.random.normal(key, shape), jnp.zeros(shape[-1])))
    return weights


def logits(weights, x):
    if weights[0][0].ndim == 4:
        x = x.reshape(-1, 28, 28, 1)
        for w, b in weights[:2]:
            x = lax.conv_general_dilated(
                x, w, (1, 1), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")) + b
            x = lax.reduce_window(x, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            x = jax.nn.relu(x)
        x = x.reshape(x.shape[0], -1)
        weights = weights[2:]
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = weights[-1]
    return x @ w + b


def cost(weights, x, y):
    return -jnp.mean(jax.nn.log_softmax(logits(weights, x))[jnp.arange(len(y)), y])


def sgd(weights, state, gradient):
    return jax.tree.map(lambda w, g: w - 0.01 * g, weights, gradient), state


def adam(weights, state, gradient):
    m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA1 * m + (1 - BETA1) * g, m, gradient)
    v = jax.tree.map(lambda v, g: BETA2 * v + (1 - BETA2) * g * g, v, gradient)
    rate, root = 1e-3 / (1 - BETA1**t), jnp.sqrt(1 / (1 - BETA2**t))
    new = jax.tree.map(lambda w, m, v: w - rate * m / (root * jnp.sqrt(v) + EPSILON), weights, m, v)
    return new, (m, v, t)


@partial(jax.jit, static_argnames=("rule", "steps"), donate_argnums=(0, 1))
def train(weights, state, key, images, labels, rule, steps):
    order = jax.random.permutation(key, len(images))[:steps * BATCH].reshape(steps, BATCH)

    def step(carry, places):
        gradient = jax.grad(cost)(carry[0], images[places], labels[places])
        return rule(*carry, gradient), None

    return lax.scan(step, (weights, state), order)[0]


predict = jax.jit(logits)


class Race:
    def __init__(self):
        self.data = None

    def digits(self):
        if self.data is None:
            self.data = (*load("train"), *load("t10k"))
        return self.data

    def train(self, name, optimizer, threads, seconds):
        images, labels, _, _ = self.digits()
        weights = start_weights(name)
        zeros = [jax.tree.map(jnp.zeros_like, weights) for _ in range(2)]
        state = (*zeros, 0.0) if optimizer == "adam" else ()
        rule, steps = {"sgd": sgd, "adam": adam}[optimizer], STEPS[name]
        key = jax.random.key(1)

        def epoch(weights, state, index):
            done = train(weights, state, jax.random.fold_in(key, index), images, labels, rule, steps)
            return jax.block_until_ready(done)

        weights, state = epoch(weights, state, 0)
        epochs, begun = 0, time.perf_counter()
        while epochs == 0 or time.perf_counter() - begun < float(seconds):
            epochs += 1
            weights, state = epoch(weights, state, epochs)
        return epochs * steps * BATCH / (time.perf_counter() - begun)

    def infer(self, name, threads, seconds):
        weights, images = start_weights(name), self.digits()[2][:1000]
        predict(weights, images).block_until_ready()
        rounds, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < float(seconds):
            predict(weights, images).block_until_ready()
            rounds += 1
        return rounds * len(images) / (time.perf_counter() - begun)

    def latency(self, name, threads, seconds):
        weights, image = start_weights(name), self.digits()[2][:1]
        predict(weights, image).block_until_ready()  # compiled for one image
        times, start = [], time.perf_counter()
        while time.perf_counter() - start < float(seconds):
            begun = time.perf_counter()
            predict(weights, image).block_until_ready()
            times.append(time.perf_counter() - begun)
        return statistics.median(times)

    def version(self):
        return jax.__version__


if __name__ == "__main__":
    answer_questions(Race())
