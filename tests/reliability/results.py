"""Files of results, which the tools of Python write at the end of long work."""

import argparse
import os
import sys
import tempfile
from pathlib import Path


def writable(text):
    """The path that an option names, if a file can be written there: to be found out before the work."""
    path = Path(text)
    place = path if path.exists() else path.parent
    why = ("the path is empty" if not text else
           "it is a folder" if path.is_dir() else
           f"there is no folder '{place}'" if place != path and not place.is_dir() else
           "" if os.access(place, os.W_OK) else "permission denied")
    if why:
        raise argparse.ArgumentTypeError(f"cannot write '{text}': {why}.")
    return path


def write(path, text):
    """Writes a file as a whole, so that it is never half of one. If that fails, the text goes into the
    temporary folder instead, and the error stream says where. Returns whether the file is in its place.
    """
    if path.exists() and os.path.samestat(path.stat(), os.fstat(sys.stdout.fileno())):
        print(text, end="", flush=True)
        return True
    is_stream = path.exists() and not path.is_file()  # such as a pipe
    path = path if is_stream else path.resolve()  # a link stays
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        if is_stream:
            path.write_text(text)
            return True
        part.write_text(text)
        if path.exists():
            part.chmod(path.stat().st_mode)
        part.replace(path)
        return True
    except OSError as error:
        if part.exists():
            part.unlink()
        with tempfile.NamedTemporaryFile("w", prefix=f"{path.stem}-", suffix=path.suffix,
                                         delete=False) as file:
            file.write(text)
        print(f"cannot write {path}: {error.strerror}; the results are in {file.name} instead", file=sys.stderr)
        return False
