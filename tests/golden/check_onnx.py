"""Runs the networks of stored_networks in ONNX Runtime and compares: the same outputs to 1e-5.

check_onnx.py PROGRAM…   with onnxruntime and numpy; .ci/run does it in build/onnx
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy
import onnxruntime

TOLERANCE = 1e-5


def tensor(stored):
    return numpy.array(stored["values"], dtype=numpy.float32).reshape(stored["shape"])


def difference(file):
    """The largest |theirs − ours| / max(1, |ours|) of any number of any run."""
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    largest = 0.0
    for run in json.loads(file.with_suffix(".json").read_text()):
        ours = numpy.array(run["output"]["values"], dtype=float).reshape(run["output"]["shape"])
        (theirs,) = session.run(["output"], {"input": tensor(run["input"])})
        if theirs.shape != ours.shape:
            sys.exit(f"{file.stem}: shape {theirs.shape}, ours {ours.shape}")
        largest = max(largest, float(numpy.max(abs(theirs - ours) / numpy.maximum(1, abs(ours)))))
    shapes = [value.shape[0] for value in (*session.get_inputs(), *session.get_outputs())]
    if shapes != ["batch", "batch"]:
        sys.exit(f"{file.stem}: the outermost axes are {shapes}, expected 'batch'")
    return largest


def check(program):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, folder], check=True)
        found = {file.stem: difference(file) for file in sorted(Path(folder).glob("*.onnx"))}
    for name, value in found.items():
        print(f"  {name:<28}{value:8.1e}")
    worst = max(found, key=found.get)
    print(f"{Path(program).name}: {len(found)} networks, at most {found[worst]:.1e} apart ({worst})")
    return found[worst] <= TOLERANCE


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    good = [check(program) for program in sys.argv[1:]]
    sys.exit(0 if all(good) else f"check_onnx.py: expected at most {TOLERANCE} everywhere")
