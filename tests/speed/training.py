"""PyTorch's side of the race in `./book speed`: the questions of training.cpp, answered alike."""

import inspect
import statistics
import time
from pathlib import Path

import numpy
import torch
from torch import nn

from racing import answer_questions, read

torch.set_grad_enabled(True)
BATCH = 100
CHARACTERS, PLACES, WINDOWS = 91, 128, 8  # of the language model
RECIPES = {  # epochs, batch size, highest learning rate, label smoothing, accuracy
    "mlp": (5, 100, 2e-3, 0, 0.9731),
    "normalized_cnn": (1.75, 50, 1e-2, 0.1, 0.99),
}


def load(kind):
    images = torch.from_numpy(read(f"{kind}-images-idx3-ubyte.gz", 16).reshape(-1, 784) / 255.0)
    labels = torch.from_numpy(read(f"{kind}-labels-idx1-ubyte.gz", 8).astype(numpy.int64))
    return images.float().contiguous(), labels


def start_weights(network):
    """He's normal distribution before a ReLU, Glorot's before the logits, zero biases: like ours."""
    layers = [m for m in network.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    for layer in layers[:-1]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
    nn.init.xavier_normal_(layers[-1].weight)
    nn.init.zeros_(layers[-1].bias)
    return network


def perceptron(width, depth):
    layers = []
    for i in range(depth):
        layers += [nn.Linear(784 if i == 0 else width, width), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(width if depth > 0 else 784, 10))


def convolutional(first, second, side=28, normalized=False):
    def normalize(channels):
        return [nn.BatchNorm2d(channels)] if normalized else []

    left = ((side - 4) // 2 - 4) // 2
    return [nn.Unflatten(1, (1, side, side)),
            nn.Conv2d(1, first, 5), *normalize(first), nn.MaxPool2d(2), nn.ReLU(),
            nn.Conv2d(first, second, 5), *normalize(second), nn.MaxPool2d(2), nn.ReLU(),
            nn.Flatten()], second * left * left


class LastStep(nn.Module):
    """A recurrent layer's output after the last step."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


class Positions(nn.Module):
    """Adds a learned row to each place."""

    def __init__(self, places, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(places, features) / features ** 0.5)

    def forward(self, x):
        return x + self.weight


def attention_blocks(features, heads):
    return [nn.TransformerEncoderLayer(features, heads, 4 * features, dropout=0, activation="gelu",
                                       batch_first=True, norm_first=True) for _ in range(2)]


class LanguageModel(nn.Module):
    def __init__(self, features=96, heads=4):
        super().__init__()
        self.embedding = nn.Embedding(CHARACTERS, features)
        angles = torch.arange(PLACES)[:, None] / 10_000 ** (torch.arange(0, features, 2) / features)
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], 2).flatten(1))
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(PLACES))
        self.blocks = nn.ModuleList(attention_blocks(features, heads))
        self.logits = nn.Sequential(nn.LayerNorm(features), nn.Linear(features, CHARACTERS))
        # Newer versions need not read the mask.
        knows = "is_causal" in inspect.signature(self.blocks[0].forward).parameters
        self.options = {"is_causal": True} if knows else {}

    def forward(self, tokens):
        x = self.embedding(tokens) + self.positions
        for block in self.blocks:
            x = block(x, self.mask, **self.options)
        return self.logits(x)


def transformer(features, heads, places, inputs):
    return nn.Sequential(nn.Unflatten(1, (places, inputs)), nn.Linear(inputs, features), Positions(places, features),
                         *attention_blocks(features, heads), nn.Flatten(), nn.Linear(places * features, 10))


def make(name, seed=1):
    torch.manual_seed(seed)
    if name == "mlp":
        return start_weights(perceptron(256, 2))
    if name.endswith("cnn"):
        normalized = name == "normalized_cnn"
        layers, left = convolutional(*((16, 32) if name == "book_cnn" else (8, 16)), normalized=normalized)
        return start_weights(nn.Sequential(
            *layers, nn.Linear(left, 128), *([nn.BatchNorm1d(128)] if normalized else []), nn.ReLU(),
            nn.Linear(128, 10)))
    if name == "transformer":
        return start_weights(transformer(128, 4, 28, 28))
    layer = {"lstm": nn.LSTM, "gru": nn.GRU}[name](28, 128, batch_first=True)
    return start_weights(nn.Sequential(
        nn.Unflatten(1, (28, 28)), LastStep(layer), nn.Linear(128, 10)))


def adam(network, rate):
    """One pass over all parameters where this PyTorch has it, else one call for all tensors."""
    for options in ({"fused": True}, {"foreach": True}, {}):
        try:
            optimizer = torch.optim.Adam(network.parameters(), lr=rate, **options)
            for p in network.parameters():
                p.grad = torch.zeros_like(p)
            state = {k: v.clone() for k, v in network.state_dict().items()}
            optimizer.step()
            network.load_state_dict(state)
            return torch.optim.Adam(network.parameters(), lr=rate, **options)
        except (RuntimeError, TypeError):
            continue
    raise RuntimeError("no Adam")


def up_and_down(progress, peak=0.1):
    """Linearly up to 1 during the first tenth, then linearly down to 0."""
    return progress / peak if progress < peak else (1 - progress) / (1 - peak)


class Race:
    def __init__(self):
        self.data = None

    def digits(self):
        if self.data is None:
            self.data = (*load("train"), *load("t10k"))
        return self.data

    def steps(self, network, optimizer, seed=1, batch=BATCH, data=None, smoothing=0.0):
        """One step of training after another; yields how many are done before each."""
        images, labels = data or self.digits()[:2]
        cost = nn.CrossEntropyLoss(label_smoothing=smoothing)
        generator = torch.Generator().manual_seed(seed)
        done = 0
        while True:
            order = torch.randperm(len(images), generator=generator)
            for i in range(0, len(images) - batch + 1, batch):
                yield done
                places = order[i:i + batch]
                optimizer.zero_grad(set_to_none=True)
                cost(network(images[places]), labels[places]).backward()
                optimizer.step()
                done += 1

    def train(self, name, optimizer, threads, seconds):
        torch.set_num_threads(int(threads))
        network = make(name)
        if optimizer == "sgd":
            optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
        else:
            optimizer = adam(network, 1e-3)
        return self.rate(network, optimizer, float(seconds))

    def rate(self, network, optimizer, seconds, batch=BATCH, data=None):
        """Images/s of training, after up to 20 steps that are not counted."""
        warm, first, begun = None, time.perf_counter(), 0
        for done in self.steps(network, optimizer, batch=batch, data=data):
            now = time.perf_counter()
            if warm is None and (done == 20 or (done > 0 and now - first >= seconds)):
                warm, begun = done, now
            elif warm is not None and now - begun >= seconds:
                return (done - warm) * batch / (now - begun)

    def grow(self, axis, size, threads, seconds):
        torch.set_num_threads(int(threads))
        torch.manual_seed(1)
        size, data, batch = int(size), None, BATCH
        if axis == "side":
            layers, left = convolutional(8, 16, size)
            network = nn.Sequential(*layers, nn.Linear(left, 10))
            data = torch.rand(2 * BATCH, size * size), torch.arange(2 * BATCH) % 10
        else:
            network = perceptron(size if axis == "width" else 256, size if axis == "depth" else 2)
            batch = size if axis == "batch" else BATCH
        optimizer = torch.optim.SGD(start_weights(network).parameters(), lr=1e-3)
        return self.rate(network, optimizer, float(seconds), batch, data)

    def infer(self, name, threads, seconds):
        torch.set_num_threads(int(threads))
        network = make(name).eval()
        images = self.digits()[2][:1000]
        rounds = 0
        with torch.inference_mode():
            network(images)
            begun = time.perf_counter()
            while time.perf_counter() - begun < float(seconds):
                network(images)
                rounds += 1
        return rounds * len(images) / (time.perf_counter() - begun)

    def characters(self, what, threads, seconds):
        torch.set_num_threads(int(threads))
        torch.manual_seed(1)
        network = LanguageModel()
        tokens, wanted = torch.randint(CHARACTERS, (2, WINDOWS, PLACES))
        optimizer, cost = adam(network, 1e-3), nn.CrossEntropyLoss()

        def step():
            optimizer.zero_grad(set_to_none=True)
            cost(network(tokens).flatten(0, 1), wanted.flatten()).backward()
            optimizer.step()

        def predict():
            with torch.inference_mode():
                network(tokens)

        network.train(what == "train")
        work = step if what == "train" else predict
        work()
        begun, rounds = time.perf_counter(), 0
        while time.perf_counter() - begun < float(seconds):
            work()
            rounds += 1
        return rounds * tokens.numel() / (time.perf_counter() - begun)

    def latency(self, name, threads, seconds):
        torch.set_num_threads(int(threads))
        network = make(name).eval()
        image = self.digits()[2][:1]
        times = []
        with torch.inference_mode():
            start = time.perf_counter()
            while time.perf_counter() - start < float(seconds):
                begun = time.perf_counter()
                network(image)
                times.append(time.perf_counter() - begun)
        return statistics.median(times)

    def learn(self, name, threads, seed):
        torch.set_num_threads(int(threads))
        network = make(name, int(seed))
        epochs, batch, rate, smoothing, wanted = RECIPES[name]
        optimizer = adam(network, rate)
        images, labels, test_images, test_labels = self.digits()
        training = images[:-5000], labels[:-5000]

        def accuracy_on(images, labels):
            network.eval()
            with torch.inference_mode():
                right = (network(images).argmax(1) == labels).sum().item()
            network.train()
            return right / len(labels)

        steps = int(epochs * (len(training[0]) // batch))
        accuracy, paused, start = 0.0, 0.0, time.perf_counter()
        for done in self.steps(network, optimizer, int(seed), batch, training, smoothing):
            if done > 0 and (done % 50 == 0 or done == steps):
                begun = time.perf_counter()
                accuracy = accuracy_on(images[-5000:], labels[-5000:])
                paused += time.perf_counter() - begun
            if accuracy >= wanted or done == steps:
                return {"seconds": time.perf_counter() - start - paused, "steps": done,
                        "accuracy": accuracy, "test": accuracy_on(test_images, test_labels)}
            for group in optimizer.param_groups:
                group["lr"] = rate * up_and_down(done / steps)

    def memory(self, name):
        def status(key):
            lines = Path("/proc/self/status").read_text().splitlines()
            return next(1024 * int(l.split()[1]) for l in lines if l.startswith(key + ":"))

        data = sum(t.numel() * t.element_size() for t in self.digits())
        Path("/proc/self/clear_refs").write_text("5")
        network = make(name)
        for done in self.steps(network, adam(network, 1e-3)):
            if done == 600:
                return status("VmHWM") - data

    def start(self):
        return make("mlp")(torch.zeros(1, 784)).numel()

    def version(self):
        return torch.__version__


if __name__ == "__main__":
    answer_questions(Race())
