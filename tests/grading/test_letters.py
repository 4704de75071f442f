"""Arrays from a stranger's file: plain ones come through, everything else is refused."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from d2lmini.grading.letters import read_npz


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[int]:
    number = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield number
    os.close(number)


PLAIN = {
    "float": np.linspace(0, 1, 6, dtype=np.float32).reshape(2, 3),
    "int": np.arange(4),
    "bool": np.array([True, False]),
    "byte": np.frombuffer(b"text", dtype=np.uint8),
    "number": np.array(3.5),
    "empty": np.zeros((0, 4)),
    "by column": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "0/y": np.arange(2),
}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_plain_arrays_come_through(save: Callable[..., None], tmp_path: Path, folder: int) -> None:
    save(tmp_path / "a.npz", **PLAIN)
    got = read_npz(folder, "a.npz")
    assert got.keys() == PLAIN.keys()
    for name, value in PLAIN.items():
        assert got[name].dtype == value.dtype and got[name].shape == value.shape
        assert np.array_equal(got[name], value)
        assert got[name].flags.writeable


@pytest.mark.parametrize(
    "value",
    [
        np.array([None, 1]),
        np.array(["text"]),
        np.array([1j]),
        np.array(["2026-01-01"], dtype="datetime64[D]"),
        np.zeros(2, dtype=[("a", "f4")]),
        np.array([b"bytes"]),
    ],
)
def test_other_kinds_are_refused(value: np.ndarray, tmp_path: Path, folder: int) -> None:
    np.savez(tmp_path / "a.npz", ok=np.zeros(2), y=value)
    with pytest.raises(ValueError, match="not a plain array"):
        read_npz(folder, "a.npz")


def test_nothing_there_is_said(folder: int) -> None:
    with pytest.raises(ValueError, match="there is no result"):
        read_npz(folder, "a.npz")


@pytest.mark.parametrize("size", [1000, 999])
def test_the_limit_counts_the_file_and_what_is_in_it(
    size: int, tmp_path: Path, folder: int
) -> None:
    np.savez_compressed(tmp_path / "a.npz", y=np.zeros(size, dtype=np.uint8))
    whole = size + 128  # values and header
    assert read_npz(folder, "a.npz", whole)["y"].shape == (size,)
    with pytest.raises(ValueError, match="more than"):
        read_npz(folder, "a.npz", whole - 1)
    (tmp_path / "b.npz").write_bytes(bytes(2000))
    with pytest.raises(ValueError, match="more than 1999 bytes"):
        read_npz(folder, "b.npz", 1999)


def _other(path: Path, kind: str) -> None:
    real = path.with_name("real.npz")
    np.savez(real, y=np.zeros(2))
    if kind == "link":
        path.symlink_to(real)
    if kind == "pipe":
        os.mkfifo(path)
    if kind == "folder":
        path.mkdir()
    if kind == "device":
        path.symlink_to("/dev/zero")


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "device"])
def test_what_is_no_file_is_refused(kind: str, tmp_path: Path, folder: int) -> None:
    _other(tmp_path / "a.npz", kind)
    with pytest.raises(ValueError, match="cannot be read"):
        read_npz(folder, "a.npz")


def _zip(path: Path, raw: bytes, method: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", method) as letter:
        letter.writestr("y.npy", raw)


def _raw(shape: tuple[int, ...], count: int) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        file, {"descr": "<f8", "fortran_order": False, "shape": shape}
    )
    return file.getvalue() + bytes(8 * count)


@pytest.mark.parametrize("shape", [(5,), (1 << 60,), (2, 3), (-1,), (-2, -2)])
def test_a_header_that_lies_is_refused(shape: tuple[int, ...], tmp_path: Path, folder: int) -> None:
    _zip(tmp_path / "a.npz", _raw(shape, 4))
    with pytest.raises(ValueError, match="cannot be read"):
        read_npz(folder, "a.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_unusual_packing_is_refused(method: int, tmp_path: Path, folder: int) -> None:
    _zip(tmp_path / "a.npz", _raw((4,), 4), method)
    with pytest.raises(ValueError, match="unusual"):
        read_npz(folder, "a.npz")


def test_cut_and_changed_files_never_do_anything_else_than_fail(
    tmp_path: Path, folder: int
) -> None:
    np.savez_compressed(tmp_path / "a.npz", **PLAIN)
    whole = (tmp_path / "a.npz").read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(300):
        data = bytearray(whole)
        data[rng.integers(len(data))] ^= 1 << rng.integers(8)
        (tmp_path / "b.npz").write_bytes(data[: rng.integers(len(data) // 2, len(data) + 1)])
        try:
            got = read_npz(folder, "b.npz")
        except ValueError:
            continue
        assert all(value.dtype.kind in "biuf" for value in got.values())
