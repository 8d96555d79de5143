"""Writes the reference values of the tests, computed by PyTorch in double precision.

    python3 tests/golden/generate.py

One JSON file for each module: {"name": {"shape": [...], "values": [...]}}. The files stand in the
repository; this needs to run again only when a case is added.
"""

import json
import pathlib

import torch

torch.set_default_dtype(torch.float64)
FOLDER = pathlib.Path(__file__).parent


def write(module, tensors):
    entries = {
        name: {"shape": list(tensor.shape), "values": tensor.detach().reshape(-1).tolist()}
        for name, tensor in tensors.items()
    }
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in entries.items())
    (FOLDER / f"{module}.json").write_text("{\n" + lines + "\n}\n")


def dense():
    torch.manual_seed(1)
    layer = torch.nn.Linear(5, 7)
    x = torch.randn(6, 5, requires_grad=True)
    y = layer(x)
    dy = torch.randn_like(y)
    y.backward(dy)
    write("dense", {
        "weight": layer.weight.T, "bias": layer.bias, "x": x, "y": y, "dy": dy,
        "dx": x.grad, "dweight": layer.weight.grad.T, "dbias": layer.bias.grad,
    })


if __name__ == "__main__":
    dense()
