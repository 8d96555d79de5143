"""Writes the seeds of the fuzz targets, corpus/NAME/good_… and bad_…: small files of every kind
that a parser takes or refuses. Run it again when a format grows."""

import base64
import gzip
import json
import re
import struct
import zlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
VERSION = re.search(r"project\(nn VERSION ([0-9.]+)", (HERE.parents[1] / "CMakeLists.txt").read_text())[1]


def write(target, **seeds):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for name, contents in seeds.items():
        (folder / name).write_bytes(contents)


def idx(axes, values, magic=0x800):
    return struct.pack(f">{1 + len(axes)}I", magic + len(axes), *axes) + bytes(values)


def packed(contents):
    return gzip.compress(contents, mtime=0)


images = idx([3, 2, 2], range(0, 240, 20))
write(
    "idx",
    good_images=images,
    good_one_pixel=idx([3, 1, 1], [0, 128, 255]),
    good_one_row=idx([3, 1, 40], range(120)),
    good_compressed=packed(images),
    bad_empty=b"",
    bad_short_header=images[:10],
    bad_short=images[:-1],
    bad_long=images + b"\0",
    bad_axes=idx([12], range(12)),
    bad_type=idx([3, 2, 2], range(12), 0xD00),
    bad_magic=b"\x89PNG\r\n\x1a\n",
    bad_no_rows=idx([3, 0, 2], []),
    bad_count=idx([2, 2, 2], range(8)),
    bad_promise=idx([3, 1 << 19, 1 << 19], range(12)),
    bad_overflow=idx([0xFFFFFFFF] * 3, range(12)),
)

labels = idx([3], [7, 0, 9])
table = idx([3, 2], [0, 0, 0, 7, 1, 2, 3, 4] * 3, 0xC00)  # as QMNIST has its labels
squeezed = packed(labels)
write(
    "gzip",
    good_labels=squeezed,
    good_stored=gzip.compress(labels, 0, mtime=0),
    good_two_members=packed(labels[:6]) + packed(labels[6:]),
    good_plain=labels,
    good_named=squeezed[:3] + b"\x08" + squeezed[4:10] + b"labels\0" + squeezed[10:],
    good_table=table,
    good_packed_table=packed(table),
    bad_table=table[:-1],
    bad_table_label=idx([3, 2], [1, 0, 0, 7, 1, 2, 3, 4] * 3, 0xC00),
    bad_table_count=idx([2, 2], [0, 0, 0, 7, 1, 2, 3, 4] * 2, 0xC00),
    bad_table_promise=idx([0xFFFFFFFF, 0xFF], [0] * 4, 0xC00),
    bad_label=packed(idx([3], [7, 10, 9])),
    bad_count=packed(idx([4], [7, 0, 9, 1])),
    bad_short=squeezed[:-4],
    bad_header_only=squeezed[:10],
    bad_checksum=squeezed[:-8] + bytes(4) + squeezed[-4:],
    bad_length=squeezed[:-4] + bytes(4),
    bad_method=squeezed[:2] + b"\x07" + squeezed[3:],
    bad_block=squeezed[:10] + b"\xff" + squeezed[11:],
    bad_long=packed(idx([3], [0] * 4)),
    bad_bomb=packed(idx([0xFFFFFFFF], bytes(1 << 16))),
)

two = b"label,pixel0,pixel1,pixel2\n7,0,255,51\n0,102,1,2\n"
write(
    "csv",
    good_two=two,
    good_windows=two.replace(b"\n", b"\r\n"),
    good_open_end=two[:-1],
    good_wide=b"label," + b",".join(b"pixel%d" % i for i in range(30)) + b"\n1" + b",9" * 30,
    good_compressed=packed(two),
    good_marked=b"\xef\xbb\xbf" + two,
    good_blank=b"\n" + two.replace(b"\n", b"\n \n") + b"\n",
    good_semicolons=b"label;pixel0\n7,0;255,0\n",
    good_tabs=two.replace(b",", b"\t"),
    good_spaces=two.replace(b",", b"  "),
    good_quoted=b'"Label" , "1x1","1x2", "2x1","2x2"\n"7",0.0,2.55e2, 51 ,-0.0\n',
    good_label_last=b"pixel1,pixel2,class\n0,255,7\n",
    good_rows=b",label,pixel0\n0,7,255\n1000,1,1\n",
    good_no_header=b"7,0,255,51,1\n",
    good_numbers=b",".join(b"%d" % i for i in range(401)) + b"\n1" + b",9" * 400,
    good_macintosh=two.replace(b"\n", b"\r"),
    bad_no_label=b"pixel0,pixel1\n1,2\n",
    bad_grid=b"label,1x1,1x2,3x1\n1,2,3,4\n",
    bad_huge=b"label,pixel99999999999999999999\n",
    bad_both=b"label,pixel0\tpixel1\n",
    bad_utf16=b"\xff\xfel\0",
    bad_numbers=b"0,1,2,3,4\n7,1,2,3,4\n",
    bad_label_last=b"0,0,9,9,7\n0,0,9,9,3\n",
    bad_nan=two + b"1,nan,2,3\n",
    bad_fraction=two + b"1,0.5,2,3\n",
    bad_empty=b"",
    bad_header=b"7,0,255,51\n",
    bad_gap=b"label,pixel0,pixel2\n1,2,3\n",
    bad_no_rows=b"label,pixel0\n",
    bad_number=two + b"1,2,256,3\n",
    bad_label=two + b"10,2,2,3\n",
    bad_sign=two + b"1,2,-2,3\n",
    bad_narrow=two + b"1,2,3\n",
    bad_broad=two + b"1,2,3,4,5\n",
    bad_bytes=b"label\0\xff\x1b[31m" + two,
)


def safetensors(metadata=None, length=None, extra=b"", **tensors):
    """Tensors are (type, shape, bytes)."""
    header = {"__metadata__": metadata} if metadata is not None else {}
    data = b""
    for name, (kind, shape, contents) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape,
                        "data_offsets": [len(data), len(data) + len(contents)]}
        data += contents
    return stored(json.dumps(header, separators=(",", ":")), data + extra, length)


def stored(header, data=b"", length=None):
    header = header.encode()
    return struct.pack("<Q", len(header) if length is None else length) + header + data


def floats(count):
    return struct.pack(f"<{count}f", *(i / 8 for i in range(count)))


def f32(*shape):
    count = 1
    for axis in shape:
        count *= axis
    return "F32", list(shape), floats(count)


dense = {"0.weight": f32(1, 2), "0.bias": f32(1)}
write(
    "safetensors",
    good_dense=safetensors(**dense),
    good_metadata=safetensors({"format": "pt", "é": "ü"}, **dense),
    good_double=safetensors(**dense | {"0.bias": ("F64", [1], bytes(8))}),
    good_counted=safetensors(**dense | {"1.num_batches_tracked": ("I64", [], bytes(8))}),
    good_empty=safetensors(**dense | {"2.num_batches_tracked": ("U8", [0, 1 << 60], b"")}),
    bad_empty=b"",
    bad_short=safetensors(**dense)[:-1],
    bad_long=safetensors(**dense, extra=b"1"),
    bad_length=safetensors(**dense, length=1 << 63),
    bad_json=stored("{\"0.weight\": "),
    bad_list=stored("[]"),
    bad_number=stored('{"0.bias": {"dtype": "F32", "shape": [1e999], "data_offsets": [0, 4]}}', bytes(4)),
    bad_sign=stored('{"0.bias": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', bytes(4)),
    bad_name=safetensors(**dense | {"a\n\x1b[31m\u009b\u202e": f32(1)}),
    bad_type=safetensors(**dense | {"0.bias": ("Q4", [1], bytes(4))}),
    good_half=safetensors(**{"0.weight": ("F16", [1, 2], b"\x01\x00\xff\xfb"),
                             "0.bias": ("BF16", [1], b"\x7f\x7f")}),
    bad_quarter=safetensors(**dense | {"0.bias": ("F8_E4M3", [1], bytes(1))}),
    bad_names=safetensors(**{"fc1.weight": f32(1, 2), "fc1.bias": f32(1)}),
    bad_prefix=safetensors(**{"a\n.0.weight": f32(1, 2), "a\n.0.bias": f32(1)}),
    bad_many=safetensors(**{f"layer{i}.weight": f32(1) for i in range(40)}),
    bad_twice=stored('{"a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]},'
                     ' "a": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}'),
    bad_twice_inside=stored('{"a": {"dtype": "U8", "dtype": "I8", "shape": [0], "data_offsets": [0, 0]}}'),
    bad_zero=stored("{}\0{}"),
    bad_shape=safetensors(**dense | {"0.bias": f32(2)}),
    bad_missing=safetensors(**{"0.weight": f32(1, 2)}),
    bad_promise=stored('{"0.bias": {"dtype": "F32", "shape": [1099511627776], "data_offsets": [0, 4398046511104]}}'),
    bad_overflow=stored('{"0.bias": {"dtype": "F32", "shape": [4294967296, 4294967296, 4], "data_offsets": [0, 0]}}'),
    bad_overlap=stored('{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},'
                       ' "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}}', bytes(8)),
    bad_depth=stored("[" * 500 + "]" * 500),
    bad_metadata=safetensors({"a": 1}),
)


def network(layers, **tensors):
    text = layers if isinstance(layers, str) else json.dumps(layers)
    return safetensors({"nn.layers": text, "nn.version": VERSION}, **tensors)


def layer(kind, **settings):
    return {"type": kind} | settings


def recurrent(kind, blocks):
    return network(
        [layer(kind, sequence=True)],
        **{"0.weight_ih_l0": f32(2 * blocks, 3), "0.weight_hh_l0": f32(2 * blocks, 2),
           "0.bias_ih_l0": f32(2 * blocks), "0.bias_hh_l0": f32(2 * blocks)})


nested = [layer("Dense")]
for _ in range(7):
    nested = [layer("Sequential", layers=nested)]
write(
    "weights",
    good_dense=network([layer("Dense"), layer("ReLU")], **dense),
    good_activations=network([layer(kind) for kind in ("Sigmoid", "Tanh", "Softmax", "Flatten")]),
    good_settings=network([layer("LeakyReLU", slope=0.1), layer("Dropout", rate=0.5),
                           layer("Reshape", sample=[1, 4, 4]),
                           layer("MaxPool", window=[2, 2], stride=[2, 2]),
                           layer("AveragePool", window=[1, 2], stride=[1, 1])]),
    good_convolution=network(
        [layer("Convolution", stride=[1, 2], padding=[1, 0]),
         layer("Convolution", stride=[1, 1], padding="same")],
        **{"0.weight": f32(2, 1, 2, 3), "0.bias": f32(2), "1.weight": f32(1, 2, 3, 3), "1.bias": f32(1)}),
    good_norms=network(
        [layer("BatchNorm", momentum=0.1, epsilon=1e-5), layer("LayerNorm", epsilon=1e-5)],
        **{"0.weight": f32(2), "0.bias": f32(2), "0.running_mean": f32(2), "0.running_var": f32(2),
           "0.num_batches_tracked": ("I64", [], bytes(8)), "1.weight": f32(2), "1.bias": f32(2)}),
    good_recurrent=recurrent("Recurrent", 1),
    good_gru=recurrent("GRU", 3),
    good_lstm=recurrent("LSTM", 4),
    good_tokens=network(
        [layer("Embedding", padding=1), layer("Embedding", padding="none"), layer("Positions"),
         layer("SinusoidalPositions", shape=[3, 2]), layer("Attention", heads=2, causal=True), layer("GELU")],
        **{"0.weight": f32(3, 2), "1.weight": f32(3, 2), "2.weight": f32(4, 2),
           "4.in_proj_weight": f32(6, 2), "4.in_proj_bias": f32(6),
           "4.out_proj.weight": f32(2, 2), "4.out_proj.bias": f32(2)}),
    good_nested=network(
        [layer("Sequential", layers=[layer("Dense"), layer("Sequential", layers=[layer("Tanh")])])],
        **{"0.0.weight": f32(1, 2), "0.0.bias": f32(1)}),
    good_residual=network(
        [layer("Residual", block=[layer("ReLU")], projection="none"),
         layer("Residual", block=[layer("Dense")], projection=[layer("Dense")]),
         layer("Reshape", sample=[1, 1, 1]), layer("GlobalAveragePool")],
        **{"1.block.0.weight": f32(1, 2), "1.block.0.bias": f32(1),
           "1.projection.0.weight": f32(1, 2), "1.projection.0.bias": f32(1)}),
    bad_projection=network(
        [layer("Residual", block=[layer("Reshape", sample=[2])],
               projection=[layer("Reshape", sample=[3])])]),
    good_deep=network(nested, **{"0." * 8 + "weight": f32(1, 2), "0." * 8 + "bias": f32(1)}),
    bad_deeper=network([layer("Sequential", layers=[layer("Sequential", layers=nested)])],
                       **{"0." * 10 + "weight": f32(1, 2), "0." * 10 + "bias": f32(1)}),
    bad_none=safetensors(**dense),
    bad_empty=network([]),
    bad_json=network("[{"),
    bad_type=network([layer("Attention\n")], **dense),
    bad_setting=network([layer("LeakyReLU", slope="\x1b[31m")]),
    bad_number=network('[{"type": "LeakyReLU", "slope": 1e999}]'),
    bad_slope=network([layer("LeakyReLU", slope=1e300)]),
    bad_rate=network([layer("Dropout", rate=1.5)]),
    good_large=network([layer("Reshape", sample=[1 << 20, 1 << 20, 1 << 20])]),
    bad_promise=stored(json.dumps({
        "__metadata__": {"nn.layers": json.dumps([layer("Dense")])},
        "0.weight": {"dtype": "F32", "shape": [1 << 20, 1 << 20], "data_offsets": [0, 1 << 42]}})),
    bad_overflow=network([layer("Reshape", sample=[1 << 40, 1 << 40])]),
    bad_stride=network([layer("MaxPool", window=[0, 2], stride=[2, 0])]),
    bad_rows=network([layer("LSTM", sequence=False)],
                     **{"0.weight_ih_l0": f32(7, 3), "0.weight_hh_l0": f32(8, 2)}),
    bad_depth=network('[{"type": "LeakyReLU", "slope": ' + "[" * 500 + "]" * 500 + "}]"),
)


def checkpoint(words={}, drop=(), **changed):
    """What the target's training keeps after its only epoch; its data's fingerprint was printed by it."""
    pair = "2 samples of shape (2), fingerprint 6071b320bd9d6f8a"
    metadata = {
        "batches.size": "1", "batches.shuffle": "yes", "batches.drop_last": "no",
        "layer 1": "Dense 2→2", "metric accuracy": "watched", "nn.checkpoint": VERSION,
        "steps.clip_norm": "0", "stopping.patience": "1", "seed": "0",
        "the cost": "softmax cross-entropy",
        "the learning rate": "0.001", "the optimizer": "Adam", "the training set": pair,
        "the type of numbers": "float", "the validation set": pair}
    tensors = {
        "history.epochs": doubles(0.5, 0.5, 0.4, 0.5, 1e-3, 0.1, 2),
        "history.learning_rates": doubles(1e-3, 1e-3), "learning_rate": doubles(1e-3),
        "epoch.batches": whole(0), "epoch.samples": whole(0), "epoch.cost_sum": doubles(0),
        "epoch.weight_sum": doubles(0), "epoch.seconds": doubles(0), "steps_when_kept": whole(0),
        "network.0.weight": f32(2, 2), "network.0.bias": f32(2), "optimizer.t": whole(2),
        "optimizer.mean.0": f32(2, 2), "optimizer.mean.1": f32(2),
        "optimizer.mean_square.0": f32(2, 2), "optimizer.mean_square.1": f32(2),
        "epoch.metric.0.right": whole(1), "epoch.metric.0.seen": whole(2),
        "best.0.weight": f32(2, 2), "best.0.bias": f32(2),
        "kept.0.weight": f32(2, 2), "kept.0.bias": f32(2)} | changed
    return safetensors(metadata | words, **{k: v for k, v in tensors.items() if k not in drop})


def doubles(*numbers):
    return "F64", [len(numbers)], struct.pack(f"<{len(numbers)}d", *numbers)


def whole(number):
    return "U64", [1], struct.pack("<Q", number)


write(
    "checkpoint",
    good_end=checkpoint(),
    good_two_epochs=checkpoint(
        **{"history.epochs": doubles(*(0.5, 0.5, 0.4, 0.5, 1e-3, 0.1, 2) * 2),
           "history.learning_rates": doubles(*[1e-3] * 4), "steps_when_kept": whole(4)}),
    good_middle=checkpoint(**{"epoch.batches": whole(1), "history.learning_rates": doubles(1e-3),
                              "history.epochs": doubles()}),
    good_nan=checkpoint(**{"history.epochs": doubles(*[float("nan")] * 6, 2)}),
    bad_none=safetensors(),
    bad_version=checkpoint({"nn.checkpoint": "0.0.\x1b[31m"}),
    bad_layer=checkpoint({"layer 1": "Dense 2→3\u009b31m"}),
    bad_word=checkpoint({"x" * 1000 + "\n": "y" * 1000}),
    bad_batches=checkpoint(**{"epoch.batches": whole(2**64 - 1)}),
    bad_kept=checkpoint(**{"steps_when_kept": whole(3)}),
    bad_epochs=checkpoint(**{"history.epochs": doubles(1, 2, 3)}),
    bad_samples=checkpoint(**{"history.epochs": doubles(0.5, 0.5, 0.4, 0.5, 1e-3, 0.1, -1)}),
    bad_rate=checkpoint(**{"learning_rate": doubles(float("nan"))}),
    bad_missing=checkpoint(drop=["kept.0.bias"]),
    bad_shape=checkpoint(**{"best.0.bias": f32(1)}),
    bad_type=checkpoint(**{"optimizer.t": doubles(2)}),
    bad_many=checkpoint(**{"epoch.metric.0.seen": ("U64", [2], bytes(16))}),
)


def chunk(kind, contents=b""):
    return (struct.pack(">I", len(contents)) + kind + contents
            + struct.pack(">I", zlib.crc32(kind + contents)))


def png(width, height, depth, color, lines, *chunks, interlaced=0):
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlaced))
            + b"".join(chunks) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND"))


def exif(orientation, order="<", tag=0x112):
    """Where the picture's top is: a TIFF header and a directory with one entry."""
    return ((b"II" if order == "<" else b"MM") + struct.pack(order + "HIH", 42, 8, 1)
            + struct.pack(order + "HHIHHI", tag, 3, 1, orientation, 0, 0))


def bits(*fields, first_is_highest=True):
    """(number, count of bits)… in bytes; the rest of the last byte is ones."""
    text = ""
    for number, count in fields:
        digits = f"{number:0{count}b}" if count else ""
        text += digits if first_is_highest else digits[::-1]
    text += "1" * (-len(text) % 8)
    if not first_is_highest:
        return bytes(int(text[i:i + 8][::-1], 2) for i in range(0, len(text), 8))
    return bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))


def part(marker, contents):
    return struct.pack(">BBH", 0xFF, marker, len(contents) + 2) + contents


def jpeg(width, height, *parts, colors=1, sampling=0x11, progressive=False, start=None):
    """Every second block of 8 × 8 pixels is darker than the one before, every other lighter."""
    frame = struct.pack(">BHHB", 8, height, width, colors) + b"".join(
        bytes([i + 1, sampling if i == 0 else 0x11, 0]) for i in range(colors))
    # Code 0 is no change, 10 a change of ten bits; code 0 ends a block, or a run of blocks.
    tables = part(0xC4, b"\0" + bytes([1, 1] + [0] * 14) + b"\0\x0a") + part(
        0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0")
    per_group = [(sampling >> 4) * (sampling & 15) if i == 0 and colors > 1 else 1 for i in range(colors)]
    columns = -(-width // (8 * (sampling >> 4 if colors > 1 else 1)))
    rows = -(-height // (8 * (sampling & 15 if colors > 1 else 1)))
    codes, light = [], True
    for _ in range(columns * rows):
        for color, blocks in enumerate(per_group):
            for _ in range(blocks):
                codes += [(2, 2), (1000 if light else 23, 10)] if color == 0 else [(0, 1)]
                codes += [] if progressive else [(0, 1)]
                light = light != (color == 0)
    scan = bytes([colors]) + b"".join(bytes([i + 1, 0]) for i in range(colors))
    scans = part(0xDA, scan + (b"\0\0\0" if progressive else b"\0\x3f\0")) + bits(*codes).replace(
        b"\xff", b"\xff\0")
    if progressive:  # the rest of every block, which is empty
        scans += part(0xDA, b"\1\1\0\1\x3f\0") + bits(*[(0, 1)] * (-(-width // 8) * -(-height // 8)))
    return (b"\xff\xd8" + b"".join(parts) + part(0xDB, b"\0" + bytes([1] * 64))
            + part(start or (0xC2 if progressive else 0xC0), frame) + tables + scans + b"\xff\xd9")


def riff(*chunks):
    contents = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(contents)) + contents


def lossless(width, height, pixels, alpha=False):
    """A chunk of WebP: every color is 0 or 255, `pixels` are bits for green, red, blue and opacity."""
    two = (1, 1), (1, 1), (1, 1), (0, 8), (255, 8)
    one = (1, 1), (0, 1), (1, 1), (255, 8)
    none = (1, 1), (0, 1), (0, 1), (0, 1)
    fields = [(0x2F, 8), (width - 1, 14), (height - 1, 14), (int(alpha), 1), (0, 3), (0, 3)]
    fields += [*two * 3, *(two if alpha else one), *none]
    return b"VP8L", bits(*fields, *((bit, 1) for bit in pixels), first_is_highest=False)


def announced(width, height, flags):
    return b"VP8X", bytes([flags, 0, 0, 0]) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]


def bmp(width, height, depth, rows, before=b"", compression=0, header=40, colors=0):
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, depth)
    else:
        info = struct.pack("<IiiHHIIIIII", header, width, height, 1, depth, compression, 0, 0, 0, colors, 0)
    info += before
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + len(rows), 0, 0, 14 + len(info)) + info + rows


# 16 × 16 pixels with a stroke, by libwebp.
LOSSY = "UklGRk4AAABXRUJQVlA4IEIAAADQAQCdASoQABAAAsBMJaQAAv0lc2+zwAD++q39V8qtXd6Ha8f+N83stfwu5ZIllvLerB5x2xGPqD2smXviFop/AAA="

# A stroke of ink, 4 × 4 pixels of a byte; PNG has a filter's number before each line.
stroke = bytes([255, 0, 255, 255] * 4)
lines = b"".join(b"\0" + stroke[i:i + 4] for i in range(0, 16, 4))
grey = png(4, 4, 8, 0, lines)
write(
    "pictures",
    good_grey=grey,
    good_filters=png(4, 5, 8, 0, b"".join(bytes([i, 9, 0, 200, 200]) for i in range(5))),
    good_bits=png(4, 4, 1, 0, b"\0\xb0" * 4),
    good_sixteen=png(2, 2, 16, 0, b"\0\xff\xff\0\0" * 2),
    good_colour=png(2, 2, 8, 2, b"\0\xff\xff\xff\0\0\xff" * 2),
    good_alpha=png(2, 2, 8, 6, b"\0\0\0\0\xff\0\0\xff\0" * 2),
    good_palette=png(2, 2, 2, 3, b"\0\x10" * 2, chunk(b"PLTE", bytes([255] * 3 + [9] * 3)),
                     chunk(b"tRNS", b"\xff\x80")),
    good_interlaced=png(2, 2, 8, 0, b"\0\xff\0\0\0\xff\0", interlaced=1),
    good_words=png(4, 4, 8, 0, lines, chunk(b"gAMA", struct.pack(">I", 45455)),
                   chunk(b"tEXt", b"Title\0one")),
    good_digits=b"P2\n# one\n3 2\n9\n9 0 9\n9 0 9\n",
    good_bytes=b"P5 4 4 255\n" + stroke,
    good_pairs=b"P5 2 1 1000\n\x03\xe8\0\0",
    good_twelve_bits=b"P5#\n2 1 65535\n\x0f\xff\0\0\n",
    good_bitmap=b"P1\n3 3\n000\n010\n0#\n00",
    good_packed=b"P4 4 4 \x00\x40\x40\x00\n",
    good_digits_of_colors=b"P3 2 1 9 9 9 0 0 9 9",
    good_bytes_of_colors=b"P6 2 1 255\r\n\xff\xff\xff\0\0\xff",
    good_pairs_of_colors=b"P6 1 1 256 \1\0\0\0\0\1",
    good_turned=png(4, 4, 8, 0, lines, chunk(b"eXIf", exif(6))),
    good_turned_strangely=png(4, 4, 8, 0, lines, chunk(b"eXIf", exif(999, ">"))),
    good_jpeg=jpeg(16, 8),
    good_jpeg_colors=jpeg(16, 16, colors=3),
    good_jpeg_sampled=jpeg(20, 20, colors=3, sampling=0x22),
    good_jpeg_progressive=jpeg(16, 16, colors=3, progressive=True),
    good_jpeg_turned=jpeg(16, 8, part(0xE1, b"Exif\0\0" + exif(8, ">")), part(0xFE, b"words")),
    good_jpeg_and_more=jpeg(16, 8) + jpeg(8, 8),
    good_webp=riff(lossless(2, 2, [1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1])),
    good_webp_turned=riff(announced(2, 1, 8), lossless(2, 1, [1, 1, 1, 0, 0, 0]), (b"EXIF", exif(5))),
    good_webp_alpha=riff(announced(2, 1, 16), lossless(2, 1, [1, 1, 1, 1, 0, 0, 0, 0], alpha=True)),
    good_webp_lossy=base64.b64decode(LOSSY),
    good_bmp=bmp(2, 2, 24, b"\xff\xff\xff\0\0\0\0\0" * 2),
    good_bmp_bits=bmp(4, 2, 1, b"\x40\0\0\0" * 2, b"\0\0\0\0\xff\xff\xff\0"),
    good_bmp_nibbles=bmp(2, -2, 4, b"\x01\0\0\0" * 2, b"\xff\xff\xff\0\0\0\0\0", colors=2),
    good_bmp_palette=bmp(2, 2, 8, b"\0\1\0\0" * 2, b"\xff\xff\xff\0\0\0\0\0"),
    good_bmp_masks=bmp(2, 1, 16, b"\xff\xff\0\0", struct.pack("<III", 0xF800, 0x7E0, 0x1F), 3),
    good_bmp_alpha=bmp(2, 1, 32, b"\0\0\0\xff\0\0\0\0",
                       struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000), 3, header=56),
    good_bmp_oldest=bmp(2, 1, 1, b"\x40\0\0\0", b"\0\0\0\xff\xff\xff", header=12),
    good_idx=images,
    good_compressed=packed(images),
    bad_empty=b"",
    bad_header=grey[:20],
    bad_short=grey[:-17],
    bad_checksum=grey[:29] + bytes(4) + grey[33:],
    bad_lines=png(4, 4, 8, 0, lines[:9]),
    bad_zlib=png(4, 4, 8, 0, lines).replace(b"IDATx", b"IDATy"),
    bad_colour=png(4, 4, 8, 5, lines),
    bad_chunk=grey[:33] + b"\x40\0\0\0eXIf" + grey[33:],
    bad_promise=png(10_000, 10_000, 8, 0, lines),
    bad_overflow=png(0xFFFFFFFF, 0xFFFFFFFF, 16, 6, lines),
    bad_digits=b"P2 3 2 9 9 0 10 9 0 9",
    bad_few=b"P2 10000 10000 9 9",
    bad_raster=b"P5 10000 10000 65535 \0\0",
    bad_many=b"P5 1 1 255\n12",
    bad_bright=b"P5 1 1 5\n\6",
    bad_idx=idx([100_000, 1, 1000], images[16:]),
    bad_kind=b"GIF89a",
    bad_unknown=b"digits",
    bad_heic=b"\0\0\0\x18ftypheic",
    bad_icon=b"\0\0\1\0\1\0",
    bad_bitmap=b"P1 2 1 2 0",
    bad_packed=b"P4 10000 10000 \0",
    bad_color=b"P6 1 1 9 \1\2\x0a",
    bad_jpeg_short=jpeg(16, 8)[:-2],
    bad_jpeg_no_tables=jpeg(16, 8).replace(b"\xff\xc4", b"\xff\xfe"),
    bad_jpeg_print=jpeg(8, 8, colors=4),
    bad_jpeg_promise=jpeg(16, 8).replace(b"\0\x08\0\x10", b"\x27\x10\x27\x10"),
    bad_jpeg_overflow=jpeg(16, 8).replace(b"\0\x08\0\x10", b"\xff\xff\xff\xff"),
    bad_jpeg_precision=jpeg(16, 8, start=0xC3),
    bad_webp_short=riff(lossless(2, 1, [1, 1, 1, 0, 0, 0]))[:-1],
    bad_webp_zeros=riff((b"VP8L", bytes(20))),
    bad_webp_promise=riff(lossless(10_000, 10_000, [0] * 32)),
    bad_webp_moving=riff(announced(2, 1, 2), (b"ANIM", bytes(6))),
    bad_webp_chunk=riff((b"VP8 ", b"")),
    bad_bmp_short=bmp(2, 2, 24, bytes(15 - 2)),
    bad_bmp_promise=bmp(10_000, -10_000, 32, bytes(8)),
    bad_bmp_overflow=bmp(-1, -(1 << 31), 32, bytes(8)),
    bad_bmp_color=bmp(2, 1, 8, b"\0\2\0\0", b"\xff\xff\xff\0\0\0\0\0"),
    bad_bmp_rle=bmp(2, 1, 8, bytes(8), compression=1),
)
