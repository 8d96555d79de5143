"""Writes the reference values of the tests, computed by PyTorch in double precision.

    python3 tests/golden/generate.py  # needs PyTorch and safetensors

One JSON file for each module: {"name": {"shape": [...], "values": [...]}}. The files are in the
repository; this needs to run again only when a case is added.
"""

import json
import math
import pathlib

import safetensors.torch
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
    tensors = {
        "weight": layer.weight.T, "bias": layer.bias, "x": x, "y": y, "dy": dy,
        "dx": x.grad, "dweight": layer.weight.grad.T, "dbias": layer.bias.grad,
    }
    x, dy = eighths(2, 3, 5).requires_grad_(), eighths(2, 3, 7)
    y = layer(x)
    dx, dweight, dbias = backward(y, dy, x, layer.weight, layer.bias)
    write("dense", tensors | {"sequence_x": x, "sequence_y": y, "sequence_dy": dy, "sequence_dx": dx,
                              "sequence_dweight": dweight.T, "sequence_dbias": dbias})


def eighths(*shape):
    """Normal numbers rounded to 1/8: exact in float too, and short to write."""
    return (torch.randn(*shape) * 8).round() / 8


def backward(y, dy, *leaves):
    """The gradients of the leaves when that of y is dy."""
    return torch.autograd.grad(y, leaves, dy)


def activation():
    torch.manual_seed(2)
    x = eighths(3, 6).requires_grad_()
    dy = eighths(3, 6)
    tensors = {"x": x, "dy": dy}
    functions = {
        "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
        "leaky_relu": lambda v: torch.nn.functional.leaky_relu(v, 0.25),
        "softmax": lambda v: torch.softmax(v, dim=1), "gelu": torch.nn.functional.gelu,
    }
    for name, function in functions.items():
        y = function(x)
        tensors[name] = y
        tensors[name + "_dx"] = backward(y, dy, x)[0]
    write("activation", tensors)


def cost():
    torch.manual_seed(3)
    F = torch.nn.functional
    logits = eighths(4, 5)
    rows = torch.softmax(eighths(4, 5), dim=1)  # targets as probabilities
    classes = torch.tensor([0, 4, 2, 2])
    one_hot = F.one_hot(classes, 5).double()
    probabilities = torch.softmax(logits, dim=1)
    answers = torch.sigmoid(logits)  # of yes-or-no questions
    tensors = {"logits": logits, "rows": rows, "classes": classes.double(),
               "probabilities": probabilities, "answers": answers}

    def entropy(p, t):
        return -(t * p.log()).sum(dim=1).mean()

    cases = {
        "mse_rows": (F.mse_loss, logits, rows), "mse_classes": (F.mse_loss, logits, one_hot),
        "ce_rows": (entropy, probabilities, rows),
        "ce_classes": (entropy, probabilities, one_hot),
        "bce_rows": (F.binary_cross_entropy, answers, rows),
        "bce_classes": (F.binary_cross_entropy, answers, one_hot),
        "softmax_rows": (F.cross_entropy, logits, rows),
        "softmax_classes": (F.cross_entropy, logits, classes),
    }
    for name, (function, predictions, targets) in cases.items():
        p = predictions.detach().requires_grad_()
        value = function(p, targets)
        tensors[name] = value.reshape(1)
        tensors[name + "_gradient"] = backward(value, None, p)[0]
    write("cost", tensors)


def backprop():
    """A convolutional network under cross-entropy, every parameter's gradient."""
    torch.manual_seed(4)
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 3, 3), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(3, 4, 2), torch.nn.Tanh(), torch.nn.Flatten(), torch.nn.Linear(16, 3))
    x = eighths(5, 1, 8, 8)
    classes = torch.tensor([2, 0, 1, 1, 2])
    parameters = list(network.parameters())
    for parameter in parameters:
        parameter.data = eighths(*parameter.shape) / 2
    logits = network(x)
    value = torch.nn.functional.cross_entropy(logits, classes)
    tensors = {"x": x, "classes": classes.double(), "logits": logits, "cost": value.reshape(1)}
    for i, (parameter, gradient) in enumerate(zip(parameters, backward(value, None, *parameters))):
        dense = parameter.dim() == 2
        tensors[f"parameter{i}"] = parameter.T if dense else parameter
        tensors[f"gradient{i}"] = gradient.T if dense else gradient
    write("backprop", tensors)


def convolution():
    torch.manual_seed(5)
    F = torch.nn.functional
    x = eighths(2, 2, 5, 6).requires_grad_()
    tensors = {"x": x}

    def add(name, y, *parameters):
        dy = eighths(*y.shape)
        tensors[name + "_y"], tensors[name + "_dy"] = y, dy
        names = ("_dx", "_dweight", "_dbias")
        for suffix, gradient in zip(names, backward(y, dy, x, *parameters)):
            tensors[name + suffix] = gradient

    def same(length, kernel, stride):
        """The zeros before and behind that leave ceil(length / stride) outputs."""
        zeros = max(0, (-(-length // stride) - 1) * stride + kernel - length)
        return zeros // 2, zeros - zeros // 2

    bias = eighths(3).requires_grad_()
    tensors["bias"] = bias
    for kernel in [(3, 2), (2, 4)]:
        weight = eighths(3, 2, *kernel).requires_grad_()
        size = f"{kernel[0]}x{kernel[1]}"
        tensors["weight_" + size] = weight
        for stride in [(1, 1), (2, 3)]:
            name = f"{size}_stride{stride[0]}x{stride[1]}"
            padding = same(6, kernel[1], stride[1]) + same(5, kernel[0], stride[0])
            add(name + "_valid", F.conv2d(x, weight, bias, stride), weight, bias)
            add(name + "_same", F.conv2d(F.pad(x, padding), weight, bias, stride), weight, bias)
            add(name + "_explicit", F.conv2d(x, weight, bias, stride, (1, 2)), weight, bias)
    for kind, pool in {"max": F.max_pool2d, "average": F.avg_pool2d}.items():
        add(kind + "_2x2", pool(x, 2))
        add(kind + "_2x3_stride1x2", pool(x, (2, 3), (1, 2)))
        add(kind + "_1x2_stride3x3", pool(x, (1, 2), 3))
    add("global", x.mean((2, 3)))
    write("convolution", tensors)


class Residual(torch.nn.Module):
    """A block of layers, and past it the input or its projection."""

    def __init__(self, *layers, projection=torch.nn.Identity()):
        super().__init__()
        self.block = torch.nn.Sequential(*layers)
        self.projection = projection

    def forward(self, x):
        return self.projection(x) + self.block(x)


def residual():
    """Rows, and images through a block of a residual network: in training, then in inference."""
    torch.manual_seed(9)
    nn = torch.nn
    tensors = {}
    rows = Residual(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 4))
    wider = Residual(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 5),
                     projection=nn.Sequential(nn.Linear(4, 5)))
    images = Residual(
        nn.Conv2d(3, 4, 3, stride=2, padding=1), nn.BatchNorm2d(4), nn.ReLU(),
        nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4),
        projection=nn.Sequential(nn.Conv2d(3, 4, 1, stride=2), nn.BatchNorm2d(4)))
    cases = {"rows": (rows, (3, 4)), "wider": (wider, (3, 4)), "images": (images, (5, 3, 6, 6))}
    for name, (layer, shape) in cases.items():
        parameters = list(layer.parameters())
        for parameter in parameters:
            parameter.data = eighths(*parameter.shape) / 2
        x = eighths(*shape).requires_grad_()
        y = layer(x)
        dy = eighths(*y.shape)
        dx, *gradients = backward(y, dy, x, *parameters)
        tensors |= {f"{name}_x": x, f"{name}_y": y, f"{name}_dy": dy, f"{name}_dx": dx,
                    f"{name}_predicted": layer.eval()(x)}
        for i, (parameter, gradient) in enumerate(zip(parameters, gradients)):
            dense = parameter.dim() == 2
            tensors[f"{name}_parameter{i}"] = parameter.T if dense else parameter
            tensors[f"{name}_gradient{i}"] = gradient.T if dense else gradient
    write("residual", tensors)


def recurrent():
    """Three inputs, four hidden units, five steps. Biases that are only ever added are one here."""
    torch.manual_seed(6)
    x = eighths(2, 5, 3).requires_grad_()
    dy, dlast = eighths(2, 5, 4), eighths(2, 4)
    tensors = {"x": x, "dy": dy, "dlast": dlast}
    kinds = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}
    for kind, layer_of in kinds.items():
        layer = layer_of(3, 4, batch_first=True)
        for parameter in layer.parameters():
            parameter.data = eighths(*parameter.shape) / 2
        weights = {"weight_input": layer.weight_ih_l0, "weight_hidden": layer.weight_hh_l0,
                   "bias": layer.bias_ih_l0}
        if kind == "gru":
            weights["bias_hidden"] = layer.bias_hh_l0
        else:
            layer.bias_hh_l0.data.zero_()
        y = layer(x)[0]
        tensors[kind + "_y"] = y
        cases = {"sequence": (y, dy), "last": (y[:, -1], dlast)}
        for case, (output, gradient) in cases.items():
            leaves = {"x": x} | weights
            gradients = torch.autograd.grad(output, leaves.values(), gradient, retain_graph=True)
            for name, g in zip(leaves, gradients):
                tensors[f"{kind}_{case}_d{name}"] = g.T if g.dim() == 2 else g
        for name, w in weights.items():
            tensors[f"{kind}_{name}"] = w.T if w.dim() == 2 else w
    write("recurrent", tensors)


def embedding():
    """Seven tokens, of which 2 is padding, and positions."""
    torch.manual_seed(9)
    tokens, dy = torch.tensor([[3, 0, 3, 6], [1, 5, 2, 2]]), eighths(2, 4, 5)
    table = torch.nn.Embedding(7, 5, padding_idx=2)
    table.weight.data = eighths(7, 5)
    table.weight.data[2] = 0
    y = table(tokens)
    positions = eighths(6, 5).requires_grad_()
    placed = y + positions[:4]
    tensors = {"tokens": tokens.double(), "dy": dy, "weight": table.weight, "y": y,
               "dweight": backward(y, dy, table.weight)[0], "positions": positions,
               "placed": placed, "dpositions": backward(placed, dy, positions)[0]}
    t = torch.arange(6).double().unsqueeze(1)
    turns = torch.exp(torch.arange(0, 8, 2) * (-math.log(10000.0) / 8))
    waves = torch.zeros(6, 8)
    waves[:, 0::2], waves[:, 1::2] = torch.sin(t * turns), torch.cos(t * turns)
    write("embedding", tensors | {"waves": waves})


def attention():
    """Six features, two heads, sequences of five places; with padding, of five and three."""
    torch.manual_seed(7)
    x, dy = eighths(2, 5, 6).requires_grad_(), eighths(2, 5, 6)
    layer = torch.nn.MultiheadAttention(6, 2, batch_first=True)
    for parameter in layer.parameters():
        parameter.data = eighths(*parameter.shape) / 2
    weights = {"weight_in": layer.in_proj_weight, "bias_in": layer.in_proj_bias,
               "weight_out": layer.out_proj.weight, "bias_out": layer.out_proj.bias}
    tensors = {"x": x, "dy": dy} | {n: w.T if w.dim() == 2 else w for n, w in weights.items()}
    later = torch.triu(torch.ones(5, 5, dtype=torch.bool), diagonal=1)
    padding = torch.arange(5) >= torch.tensor([[5], [3]])
    for name in ("plain", "causal", "padded", "causal_padded"):
        padded = name.endswith("padded")
        used = (~padding if padded else torch.ones(2, 5, dtype=torch.bool)).double().unsqueeze(2)
        y, p = layer(x, x, x, attn_mask=later if name.startswith("causal") else None,
                     key_padding_mask=padding if padded else None, average_attn_weights=False)
        # The outputs of padded places mean nothing; ours are 0.
        tensors |= {f"{name}_y": y * used, f"{name}_weights": p * used.unsqueeze(1)}
        leaves = {"x": x} | weights
        for leaf, g in zip(leaves, backward(y * used, dy, *leaves.values())):
            tensors[f"{name}_d{leaf}"] = g.T if g.dim() == 2 else g
    write("attention", tensors)


def normalization():
    """Three training batches one after the other, then the use of what they left."""
    torch.manual_seed(6)
    tensors = {}
    cases = {"rows": (torch.nn.BatchNorm1d(5), (7, 5)), "images": (torch.nn.BatchNorm2d(3), (2, 3, 4, 5)),
             "layer_rows": (torch.nn.LayerNorm(5), (4, 5)), "layer_sequences": (torch.nn.LayerNorm(5), (2, 3, 5))}
    for name, (layer, shape) in cases.items():
        layer.weight.data, layer.bias.data = eighths(*layer.weight.shape), eighths(*layer.bias.shape)
        tensors |= {f"{name}_weight": layer.weight, f"{name}_bias": layer.bias}
        for batch in range(3):
            x, dy = (eighths(*shape) * 2 + 3).requires_grad_(), eighths(*shape)
            y = layer(x)
            dx, dweight, dbias = backward(y, dy, x, layer.weight, layer.bias)
            tensors |= {f"{name}_{what}{batch}": tensor for what, tensor in
                        {"x": x, "y": y, "dy": dy, "dx": dx, "dweight": dweight, "dbias": dbias}.items()}
        if not isinstance(layer, torch.nn.LayerNorm):
            tensors |= {f"{name}_running_mean": layer.running_mean,
                        f"{name}_running_variance": layer.running_var,
                        f"{name}_predicted": layer.eval()(x)}
    write("normalization", tensors)


def optimizers(module, cases):
    """Ten steps of each optimizer from one start, under one recorded sequence of gradients."""
    torch.manual_seed(2)
    start = {"weight": torch.randn(2, 3), "bias": torch.randn(3)}
    gradients = {f"{name}_gradients": torch.randn(10, *value.shape) for name, value in start.items()}
    tensors = start | gradients
    for case, make in cases.items():
        parameters = [value.clone().requires_grad_() for value in start.values()]
        optimizer = make(parameters)
        steps = []
        for gradient in zip(*gradients.values()):
            for parameter, g in zip(parameters, gradient):
                parameter.grad = g.clone()
            optimizer.step()
            steps.append([parameter.detach().clone() for parameter in parameters])
        for name, values in zip(start, zip(*steps)):
            tensors[f"{case}_{name}"] = torch.stack(values)
    write(module, tensors)


def descent():
    sgd = torch.optim.SGD
    optimizers("descent", {
        "gradient_descent": lambda p: sgd(p, lr=0.1),
        "gradient_descent_decay": lambda p: sgd(p, lr=0.1, weight_decay=0.2),
        "momentum": lambda p: sgd(p, lr=0.1, momentum=0.8),
        "momentum_decay": lambda p: sgd(p, lr=0.1, momentum=0.8, weight_decay=0.2),
        "nesterov": lambda p: sgd(p, lr=0.1, momentum=0.8, nesterov=True),
        "nesterov_decay": lambda p: sgd(p, lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.2),
    })


def adam():
    optim = torch.optim
    optimizers("adam", {
        "rmsprop": lambda p: optim.RMSprop(p, lr=0.1, alpha=0.8, eps=1e-3),
        "rmsprop_decay": lambda p: optim.RMSprop(p, lr=0.1, alpha=0.8, eps=1e-3, weight_decay=0.2),
        "adam": lambda p: optim.Adam(p, lr=0.1),
        "adam_options": lambda p: optim.Adam(p, lr=0.1, betas=(0.7, 0.95), eps=1e-3),
        "adam_decay": lambda p: optim.Adam(p, lr=0.1, weight_decay=0.2),
        "adamw": lambda p: optim.AdamW(p, lr=0.1),
        "adamw_decay": lambda p: optim.AdamW(p, lr=0.1, weight_decay=0.2),
    })


def augment():
    """Not from the formulas of the module: the matrices of the four steps are multiplied and
    inverted, grid_sample interpolates."""
    torch.manual_seed(8)
    height, width = 6, 5
    images = (torch.rand(2, 3, height, width) * 8).round() / 8
    displacement = eighths(2, height, width) / 2

    turn, lean = math.radians(25), math.radians(10)
    scaled = torch.tensor([[1.25, 0, 0], [0, 0.75, 0], [0, 0, 1]])
    # Rows count downwards, so what leans right or turns counter-clockwise has these signs.
    sheared = torch.tensor([[1, -math.tan(lean), 0], [0, 1, 0], [0, 0, 1]])
    turned = torch.tensor([[math.cos(turn), math.sin(turn), 0],
                           [-math.sin(turn), math.cos(turn), 0], [0, 0, 1]])
    shifted = torch.tensor([[1, 0, 0.75], [0, 1, -0.5], [0, 0, 1]])
    back = torch.linalg.inv(shifted @ turned @ sheared @ scaled)

    rows, columns = torch.meshgrid(torch.arange(height) - (height - 1) / 2,
                                   torch.arange(width) - (width - 1) / 2, indexing="ij")
    places = torch.stack([columns, rows, torch.ones(height, width)]).double()
    origin = torch.einsum("ij,jyx->iyx", back, places)[:2]

    def sample(origin):
        halves = torch.tensor([(width - 1) / 2, (height - 1) / 2])  # to [-1, 1]
        grid = (origin.permute(1, 2, 0) / halves).expand(2, height, width, 2)
        return torch.nn.functional.grid_sample(images, grid, padding_mode="zeros",
                                               align_corners=True)

    write("augment", {"images": images, "displacement": displacement, "affine": sample(origin),
                      "both": sample(origin + displacement)})


def factors(steps, schedule):
    """What a schedule multiplies a learning rate of 1 by, step by step."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = schedule(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(rates)


def plateau(costs, **options):
    """The factor in each epoch; the cost of an epoch is known in the next."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
    rates = [1.0]
    for cost in costs:
        scheduler.step(cost)
        rates.append(optimizer.param_groups[0]["lr"])
    return torch.tensor(rates)


def schedule():
    """Five epochs of four steps."""
    lr = torch.optim.lr_scheduler
    costs = torch.tensor([1.0, 0.5, 0.49, 0.5, 0.45, 0.45, 0.46, 0.2, 0.2, 0.2, 0.2, 0.1])
    # OneCycleLR's last step is the end, ours the last before it: one more step, the same peak.
    cycle = {"max_lr": 1.0, "total_steps": 21, "pct_start": (0.3 * 20 + 1) / 21}
    write("schedule", {
        "step": factors(20, lambda o: lr.StepLR(o, step_size=8, gamma=0.5)),
        "exponential": factors(20, lambda o: lr.ExponentialLR(o, gamma=0.8 ** 0.25)),
        "cosine": factors(20, lambda o: lr.CosineAnnealingLR(o, T_max=20)),
        "cosine_last": factors(20, lambda o: lr.CosineAnnealingLR(o, T_max=20, eta_min=0.25)),
        "one_cycle": factors(20, lambda o: lr.OneCycleLR(o, **cycle)),
        "warm_up": factors(20, lambda o: lr.SequentialLR(o, [
            lr.LinearLR(o, start_factor=0.1, total_iters=8),
            lr.CosineAnnealingLR(o, T_max=12)], milestones=[8])),
        "costs": costs,
        "plateau": plateau(costs.tolist(), factor=0.5, patience=1, threshold=0.05),
    })


def training():
    """A step of gradient descent, lr 1, under a cost that weights its classes."""
    torch.manual_seed(8)
    layer = torch.nn.Linear(3, 4)
    x, classes, weights = eighths(6, 3), torch.tensor([0, 3, 1, 1, 0, 1]), torch.tensor([2.0, 0.5, 1, 3])
    tensors = {"x": x, "classes": classes.double(), "class_weights": weights,
               "weight": layer.weight.T, "bias": layer.bias}
    cost = torch.nn.functional.cross_entropy(layer(x), classes, weight=weights)
    dw, db = backward(cost, torch.ones(()), layer.weight, layer.bias)
    write("training", tensors | {"cost": cost.reshape(1), "weight_after": (layer.weight - dw).T,
                                 "bias_after": layer.bias - db})


class Last:
    """Wraps a recurrent layer of PyTorch for a Sequential: its output is the last state."""

    def forward(self, x):
        return super().forward(x)[0][:, -1]


def weights():
    """Networks stored by Python's safetensors, with an input and their logits."""
    torch.manual_seed(9)
    nn = torch.nn
    cnn = nn.Sequential(
        nn.Unflatten(1, (1, 6, 6)), nn.Conv2d(1, 2, 3, stride=1, padding=1), nn.BatchNorm2d(2),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 5), nn.LayerNorm(5), nn.Linear(5, 3))
    cnn(torch.randn(20, 36))  # for the running statistics
    tensors = {}
    networks = {"cnn": (cnn.eval(), eighths(4, 36))}
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        layer = type("Last" + kind.__name__, (Last, kind), {})(3, 4, batch_first=True)
        networks[kind.__name__.lower()] = (nn.Sequential(layer, nn.Linear(4, 2)), eighths(2, 5, 3))
    resnet = nn.Sequential(
        nn.Unflatten(1, (1, 6, 6)),
        Residual(nn.Conv2d(1, 3, 3, stride=2, padding=1), nn.BatchNorm2d(3),
                 projection=nn.Sequential(nn.Conv2d(1, 3, 1, stride=2))),
        nn.ReLU(), Residual(nn.BatchNorm2d(3), nn.Tanh()),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()), nn.Linear(3, 2))
    resnet(torch.randn(20, 36))
    networks["resnet"] = (resnet.eval(), eighths(4, 36))
    for name, (network, x) in networks.items():
        safetensors.torch.save_file(network.state_dict(), FOLDER / f"weights_{name}.safetensors")
        tensors |= {f"{name}_x": x, f"{name}_y": network(x)}
    write("weights", tensors)


class Tokens(torch.nn.Embedding):
    """Takes numbers of any type."""

    def forward(self, x):
        return super().forward(x.long())


class Places(torch.nn.Module):
    """Learned positions."""

    def __init__(self, places, features):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(places, features))

    def forward(self, x):
        return x + self.weight[: x.shape[1]]


class Heads(torch.nn.MultiheadAttention):
    """Causal attention of a sequence to itself."""

    def forward(self, x):
        later = torch.triu(torch.ones(x.shape[1], x.shape[1], dtype=torch.bool), diagonal=1)
        return super().forward(x, x, x, attn_mask=later)[0]


def weights_of_tokens():
    """A stored network that reads tokens."""
    torch.manual_seed(11)
    nn = torch.nn
    network = nn.Sequential(Tokens(7, 6), Places(5, 6), Heads(6, 2, batch_first=True),
                            nn.LayerNorm(6), nn.Linear(6, 4), nn.GELU())
    for parameter in network.parameters():
        parameter.data = eighths(*parameter.shape) / 2
    x = torch.tensor([[3, 0, 6, 6, 1], [2, 5, 4, 1, 0]]).double()
    safetensors.torch.save_file(network.state_dict(), FOLDER / "weights_tokens.safetensors")
    write("weights_tokens", {"x": x, "y": network(x)})


if __name__ == "__main__":
    dense()
    activation()
    cost()
    backprop()
    convolution()
    residual()
    recurrent()
    embedding()
    attention()
    normalization()
    descent()
    adam()
    augment()
    schedule()
    training()
    weights()
    weights_of_tokens()
