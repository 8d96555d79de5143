"""Loads the networks of stored_networks into PyTorch and compares: the same outputs.

check_weights.py PROGRAM…   with safetensors and PyTorch; .ci/run does it in build/weights

The layers come from the file's own words, the numbers by Python's safetensors and PyTorch's
load_state_dict, which takes no name too many and none too few.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch
from torch import nn

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}


class Same(nn.Module):
    """Zeros around images: as many that the output's size is the input's by the stride."""

    def __init__(self, kernel, stride):
        super().__init__()
        self.windows = list(zip(kernel, stride))

    def forward(self, x):
        sides = []
        for length, (kernel, stride) in reversed(list(zip(x.shape[2:], self.windows))):
            zeros = max(0, (-(-length // stride) - 1) * stride + kernel - length)
            sides += [zeros // 2, zeros - zeros // 2]
        return nn.functional.pad(x, sides)


class Residual(nn.Module):
    def __init__(self, block, projection):
        super().__init__()
        self.block, self.projection = block, projection

    def forward(self, x):
        return self.projection(x) + self.block(x)


def recurrent(kind):
    class Outputs(kind):
        """Only the first output of the layer: all states, or the last one."""

        sequence = False

        def forward(self, x):
            states = super().forward(x)[0]
            return states if self.sequence else states[:, -1]

    return Outputs


class Tokens(nn.Embedding):
    def forward(self, x):
        return super().forward(x.long())


class Positions(nn.Module):
    """A row added to every place."""

    def __init__(self, places, features):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(places, features))

    def forward(self, x):
        return x + self.weight[: x.shape[1]]


class Waves(nn.Module):
    """Sinusoidal positions."""

    def __init__(self, places, features):
        super().__init__()
        t, j = torch.arange(places).double().unsqueeze(1), torch.arange(features)
        angles = t / 10000 ** ((j - j % 2) / features)
        self.table = torch.where(j % 2 == 0, torch.sin(angles), torch.cos(angles))

    def forward(self, x):
        return x + self.table[: x.shape[1]].to(x.dtype)


class Attention(nn.MultiheadAttention):
    """Of a sequence to itself."""

    causal = False

    def forward(self, x):
        places = x.shape[1]
        later = torch.triu(torch.ones(places, places, dtype=torch.bool), diagonal=1)
        return super().forward(x, x, x, attn_mask=later if self.causal else None)[0]


class PaddedConv2d(nn.Conv2d):
    def forward(self, x):
        return super().forward(Same(self.kernel_size, self.stride)(x))


def layer_of(words, shape):
    """A layer of PyTorch; shape(name) is that of one of its tensors."""
    kind = words["type"]
    if kind == "Sequential":
        return network_of(words["layers"], shape)
    if kind == "Residual":
        block, projection = (
            network_of(words[part], lambda name, part=part: shape(f"{part}.{name}"))
            if words[part] != "none" else nn.Identity() for part in ("block", "projection"))
        return Residual(block, projection)
    if kind == "Dense":
        outputs, inputs = shape("weight")
        return nn.Linear(inputs, outputs)
    if kind == "Convolution":
        outputs, inputs, *kernel = shape("weight")
        same = words["padding"] == "same"
        padding = 0 if same else words["padding"]
        return (PaddedConv2d if same else nn.Conv2d)(
            inputs, outputs, kernel, stride=words["stride"], padding=padding)
    if kind in ("MaxPool", "AveragePool"):
        pool = nn.MaxPool2d if kind == "MaxPool" else nn.AvgPool2d
        return pool(tuple(words["window"]), stride=tuple(words["stride"]))
    if kind == "BatchNorm":
        (features,) = shape("weight")
        norm = nn.BatchNorm1d(features, eps=words["epsilon"], momentum=words["momentum"])
        norm._check_input_dim = lambda x: None  # rows and images alike
        return norm
    if kind == "LayerNorm":
        return nn.LayerNorm(shape("weight"), eps=words["epsilon"])
    if kind in ("Recurrent", "GRU", "LSTM"):
        _, inputs = shape("weight_ih_l0")
        _, outputs = shape("weight_hh_l0")
        kinds = {"Recurrent": nn.RNN, "GRU": nn.GRU, "LSTM": nn.LSTM}
        layer = recurrent(kinds[kind])(inputs, outputs, batch_first=True)
        layer.sequence = words["sequence"]
        return layer
    if kind == "Embedding":
        padding = None if words["padding"] == "none" else words["padding"]
        return Tokens(*shape("weight"), padding_idx=padding)
    if kind == "Positions":
        return Positions(*shape("weight"))
    if kind == "SinusoidalPositions":
        return Waves(*words["shape"])
    if kind == "Attention":
        layer = Attention(shape("out_proj.weight")[0], words["heads"], batch_first=True)
        layer.causal = words["causal"]
        return layer
    return {
        "Flatten": lambda: nn.Flatten(),
        "GlobalAveragePool": lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        "Reshape": lambda: nn.Unflatten(1, tuple(words["sample"])),
        "ReLU": lambda: nn.ReLU(),
        "LeakyReLU": lambda: nn.LeakyReLU(words["slope"]),
        "Sigmoid": lambda: nn.Sigmoid(),
        "Tanh": lambda: nn.Tanh(),
        "GELU": lambda: nn.GELU(),
        "Softmax": lambda: nn.Softmax(dim=1),
        "Dropout": lambda: nn.Dropout(words["rate"]),
    }[kind]()


def network_of(layers, shape):
    return nn.Sequential(
        *(layer_of(words, lambda name, i=i: shape(f"{i}.{name}")) for i, words in enumerate(layers)))


def difference(file):
    """The largest |theirs − ours| / max(1, |ours|) of any number of any run, and the type."""
    with safetensors.safe_open(file, framework="pt") as stored:
        layers = json.loads(stored.metadata()["nn.layers"])
    tensors = safetensors.torch.load_file(file)
    network = network_of(layers, lambda name: list(tensors[name].shape))
    kind = next((tensor.dtype for tensor in tensors.values()), torch.float32)
    network.to(kind).load_state_dict(tensors)
    network.eval()
    largest = 0.0
    for run in json.loads(file.with_suffix(".json").read_text()):
        x, ours = (torch.tensor(run[side]["values"], dtype=kind).reshape(run[side]["shape"])
                   for side in ("input", "output"))
        with torch.no_grad():
            theirs = network(x)
        if theirs.shape != ours.shape:
            sys.exit(f"{file.stem}: shape {tuple(theirs.shape)}, ours {tuple(ours.shape)}")
        apart = (theirs - ours).abs() / ours.abs().clamp(min=1)
        largest = max(largest, float(apart.max()))
    if largest > TOLERANCE[kind]:
        sys.exit(f"{file.stem}: {largest:.1e} apart, expected at most {TOLERANCE[kind]}")
    return largest


def check(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder], check=True)
        found = {file.stem: difference(file) for file in sorted(Path(folder).glob("*.safetensors"))}
    worst = max(found, key=found.get)
    print(f"{Path(program).name}: {len(found)} networks in PyTorch {torch.__version__}, "
          f"at most {found[worst]:.1e} apart ({worst})")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for program in sys.argv[1:]:
        check(program)
