"""Read arrays from a file that a stranger wrote, as one opens a letter from a stranger."""

import io
import math
import os
import stat
import zipfile
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]

LARGEST = 16 << 20  # bytes, packed or not
MOST = 4096  # arrays in one letter


def read_npz(folder: int, name: str, limit: int = LARGEST) -> Arrays:
    """Read plain arrays; follow no link, wait for no pipe, unpack no bomb, run no pickle.

    Args:
        folder: descriptor of the folder that the stranger writes to.
        name: name of the file in it, without a slash.
        limit: bytes that the file, and all arrays together, may have.

    Returns:
        the arrays by name: booleans, whole numbers and floats.

    Raises:
        ValueError: there is no file, or it holds anything but plain arrays within the limit.
    """
    try:
        return _unpack(_read_file(folder, name, limit), limit)
    except FileNotFoundError:
        raise ValueError("there is no result") from None
    except Exception as problem:  # a stranger's file may break any parser in any way
        words = str(problem) or type(problem).__name__
        raise ValueError(f"the result cannot be read: {words[:200]}") from None


def _read_file(folder: int, name: str, limit: int) -> bytes:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("not a regular file")
        data = file.read(limit + 1) if found.st_size <= limit else b""
    if found.st_size > limit or len(data) > limit:
        raise ValueError(f"more than {limit} bytes")
    return data


def _unpack(data: bytes, limit: int) -> Arrays:
    arrays: Arrays = {}
    with zipfile.ZipFile(io.BytesIO(data)) as letter:
        infos = letter.infolist()
        if len(infos) > MOST or sum(info.file_size for info in infos) > limit:
            raise ValueError(f"more than {MOST} arrays or {limit} bytes")
        for info in infos:
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise ValueError("packed in an unusual way")  # others may ask for much memory
            with letter.open(info) as file:
                raw = file.read(info.file_size + 1)  # what the list says may be a lie
            limit -= len(raw)
            if limit < 0:
                raise ValueError("more bytes than it says")
            arrays[info.filename.removesuffix(".npy")] = _plain(raw)
    return arrays


def _plain(raw: bytes) -> NDArray[Any]:
    file = io.BytesIO(raw)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("unknown array format")
    shape, by_column, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.kind not in "biuf":
        raise ValueError(f"not a plain array: {str(dtype)[:40]}")
    if math.prod(shape) * dtype.itemsize != len(raw) - file.tell():
        raise ValueError("the header does not fit the values")
    # a copy, so that it can be written to and keeps no other bytes alive
    flat = np.frombuffer(raw, dtype, offset=file.tell())
    return flat.reshape(shape, order="F" if by_column else "C").copy()
