"""Make the embedded subset of Fashion-MNIST: the first images of each class, in the file's order.

    python tools/make_subset.py           write d2lmini/stored/fashion-mnist-subset.npz
    python tools/make_subset.py --check   say whether the stored file is what would be written

It needs the full data set (see ``d2lmini.data``). The choice uses no random numbers, so it is the
same on every machine; the archive's dates are fixed, so its bytes are too, for one zlib.
"""

import argparse
import io
import sys
import zipfile
from collections.abc import Sequence

import numpy as np

from d2lmini import data

PER_CLASS = {"train": 1000, "test": 200}
Arrays = dict[str, np.ndarray]


def first_of_each_class(X: np.ndarray, y: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the first ``count`` images of every class and their labels, in their old order."""
    keep = np.sort(np.concatenate([np.flatnonzero(y == label)[:count] for label in range(10)]))
    return X[keep], y[keep]


def choose() -> Arrays:
    """Choose from the full data set."""
    full = data.fashion_mnist(source="full")
    chosen: Arrays = {}
    for name, split in (("train", full.all_train), ("test", full.test)):
        X, y = split.X.numpy()[:, 0], split.y.numpy().astype(np.uint8)
        chosen[f"{name}_images"], chosen[f"{name}_labels"] = first_of_each_class(
            X, y, PER_CLASS[name]
        )
    return chosen


def pack(arrays: Arrays) -> bytes:
    """Return the arrays as an npz archive with fixed dates and names in a fixed order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in data.SUBSET_ARRAYS:
            member = io.BytesIO()
            np.save(member, arrays[name], allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            archive.writestr(info, member.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def same_content(arrays: Arrays) -> bool:
    """Compare with the stored archive, array by array (another zlib packs other bytes)."""
    with np.load(data.SUBSET, allow_pickle=False) as stored:
        return sorted(stored.files) == sorted(arrays) and all(
            stored[name].dtype == arrays[name].dtype and np.array_equal(stored[name], arrays[name])
            for name in arrays
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the archive; return the exit status."""
    parser = argparse.ArgumentParser(description="Make the embedded subset of Fashion-MNIST.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    check = parser.parse_args(arguments).check
    arrays = choose()
    digest = data.subset_digest(arrays)
    if check:
        good = same_content(arrays) and digest == data.SUBSET_SHA256
        print(
            "the stored subset is what this script makes"
            if good
            else f"the stored subset differs: run {parser.prog} and put {digest} into d2lmini.data"
        )
        return 0 if good else 1
    data.SUBSET.write_bytes(pack(arrays))
    print(f"{data.SUBSET.name}: {data.SUBSET.stat().st_size:,} bytes, content {digest}")
    return 0 if digest == data.SUBSET_SHA256 else 1


if __name__ == "__main__":
    sys.exit(main())
