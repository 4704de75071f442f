"""The data: the splits that every record rests on, and batches that follow from a seed."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from d2lmini import data, sources
from d2lmini.data import Batches, FashionMNIST, Split, fashion_mnist, to_float
from tools import make_subset


def digest(tensor: torch.Tensor) -> str:
    return hashlib.sha256(tensor.contiguous().numpy().tobytes()).hexdigest()[:16]


@pytest.fixture(scope="module")
def subset() -> FashionMNIST:
    return fashion_mnist("subset")


@pytest.fixture(scope="module")
def full() -> FashionMNIST:
    if sources.source() == "subset":
        words = f"the full Fashion-MNIST is not here: {sources.REMEDY}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(words)
    return fashion_mnist("full")


# ---- the splits; records and stored outputs hold for exactly these

FULL = {
    "train": (50_000, "efb6bef12779e9f7", "1416e5dd87ee069e"),
    "val": (10_000, "a3b8ea77322e0ccf", "b257e5ad92fb66c7"),
    "test": (10_000, "c867c93ff9536059", "d51d859896c55775"),
    "all_train": (60_000, "2e487a6c89124f78", "e3245b63f7c40d1c"),
}
SUBSET = {
    "train": (8_000, "702c2b109b9c46a1", "06c845df797cc705"),
    "val": (2_000, "4dd751a789ff3619", "7e2384696e3993da"),
    "test": (2_000, "96315b1732ab731e", "677b67be3a6866e8"),
    "all_train": (10_000, "e1427044c614fabc", "edb5c24bb179a655"),
}


def check_split(split: Split, num: int, images: str, labels: str) -> None:
    assert split.X.dtype == torch.uint8 and split.y.dtype == torch.int64
    assert split.X.shape == (num, 1, 28, 28) and split.y.shape == (num,)
    assert (digest(split.X), digest(split.y)) == (images, labels)


@pytest.mark.parametrize("name", FULL)
def test_the_full_splits_are_the_ones_behind_the_records(name, full):
    check_split(getattr(full, name), *FULL[name])


@pytest.mark.parametrize("name", SUBSET)
def test_the_subsets_splits_are_the_ones_behind_the_records(name, subset):
    check_split(getattr(subset, name), *SUBSET[name])


@pytest.mark.parametrize("which", ["full", "subset"])
def test_training_and_validation_split_share_no_image_and_make_up_the_whole(which, request):
    images = request.getfixturevalue(which)
    order = np.random.default_rng(data.SPLIT_SEED).permutation(len(images.all_train.y))
    assert sorted(order) == list(range(len(images.train.y) + len(images.val.y)))
    assert torch.equal(torch.cat([images.train.X, images.val.X]), images.all_train.X[order])
    assert torch.equal(torch.cat([images.train.y, images.val.y]), images.all_train.y[order])


def test_the_subset_holds_as_many_images_of_each_class(subset):
    assert subset.all_train.y.bincount().tolist() == [1000] * 10
    assert subset.test.y.bincount().tolist() == [200] * 10
    assert len(data.LABELS) == 10


def test_every_image_of_the_subset_is_the_full_sets(full, subset):
    for part in ("all_train", "test"):
        known = {digest(X) for X in getattr(full, part).X}
        assert {digest(X) for X in getattr(subset, part).X} <= known


def test_the_full_set_has_no_note_and_the_subset_has_one(full, subset):
    assert (full.source, full.note) == ("full", "")
    assert full.where.startswith("full Fashion-MNIST from ")
    assert (subset.source, subset.where) == ("subset", "embedded subset of Fashion-MNIST")
    assert subset.note.startswith("These data are the embedded subset of Fashion-MNIST")
    assert subset.batches(10).note == subset.note


def test_what_is_said_beforehand_is_what_is_loaded(full):
    assert (sources.source(), sources.where()) == (full.source, full.where)


def test_no_machine_path_is_in_the_words_for_a_reader(full, subset):
    assert all(
        os.sep not in text for images in (full, subset) for text in (images.where, repr(images))
    )


def test_another_source_or_split_is_an_error(subset):
    with pytest.raises(ValueError, match='"full", "subset" or None, got \'all\''):
        fashion_mnist("all")
    with pytest.raises(ValueError, match="train, val, test or all_train, got 'source'"):
        subset.batches(10, split="source")


@pytest.mark.parametrize("split", ["train", "val", "test", "all_train"])
def test_batches_of_a_named_split_hold_that_split(split, subset):
    labels = torch.cat([y for _, y in subset.batches(999, seed=1, split=split)])
    assert torch.equal(labels.bincount(), getattr(subset, split).y.bincount())


# ---- the table, the archive and the script that makes it


def test_the_table_has_the_lengths_that_the_dimensions_give():
    lengths = [file.size for file in sources.FILES]
    assert lengths == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]
    assert len({file.sha256 for file in sources.FILES}) == 4
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in sources.FILES)


def test_the_script_makes_the_stored_subset(full, capsys):
    before = data.SUBSET.read_bytes()
    assert make_subset.main(["--check"]) == 0
    assert "the stored subset is what this script makes" in capsys.readouterr().out
    assert data.SUBSET.read_bytes() == before


def test_the_script_finds_a_changed_subset(full, tmp_path, monkeypatch, capsys):
    with np.load(data.SUBSET) as stored:
        arrays = {name: stored[name] for name in stored.files}
    arrays["test_labels"] = arrays["test_labels"][::-1].copy()
    monkeypatch.setattr(data, "SUBSET", tmp_path / "subset.npz")
    np.savez(data.SUBSET, **arrays)
    assert make_subset.main(["--check"]) == 1
    assert "the stored subset differs" in capsys.readouterr().out


def test_the_script_writes_the_same_bytes_twice(full):
    arrays = {name: np.arange(9, dtype=np.uint8) for name in data.SUBSET_ARRAYS}
    assert make_subset.pack(arrays) == make_subset.pack(arrays)


def test_the_licence_stands_beside_the_subset():
    text = (data.SUBSET.parent / "LICENSE-fashion-mnist").read_text(encoding="utf-8")
    assert "Copyright © 2017 Zalando SE" in text and "The MIT License" in text
    assert data.SUBSET.stat().st_size < 5_500_000


def test_asking_where_the_data_are_needs_no_torch():
    code = "import sys, d2lmini.sources as s; s.source(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---- where the cache is


def test_the_cache_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("D2LMINI_CACHE", "~/kept")
    assert sources.cache_folder() == tmp_path / "kept" / "fashion-mnist"
    monkeypatch.delenv("D2LMINI_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert sources.cache_folder() == tmp_path / "xdg" / "d2lmini" / "fashion-mnist"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # invalid, so its specification says: ignore
    assert sources.cache_folder() == tmp_path / ".cache" / "d2lmini" / "fashion-mnist"


def test_a_message_shows_the_home_folder_as_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert sources.shown(tmp_path / "a b" / "c") == "~/a b/c"
    assert sources.shown(Path("/elsewhere/c")) == "/elsewhere/c"


# ---- pixels and batches


def test_bytes_become_numbers_from_0_to_1_and_floats_keep_their_values():
    X = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(to_float(X), torch.arange(256) / 255)
    for dtype in (torch.float16, torch.float32, torch.float64):
        values = torch.tensor([-1.5, 0.25, 300.0], dtype=dtype)
        assert to_float(values).dtype == torch.float32
        assert to_float(values).tolist() == [-1.5, 0.25, 300.0]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int8, torch.bool])
def test_other_dtypes_are_no_pixels(dtype):
    with pytest.raises(ValueError, match=f"uint8 or floating point, got {dtype}"):
        to_float(torch.ones(3, dtype=dtype))
    with pytest.raises(ValueError, match=f"uint8 or floating point, got {dtype}"):
        Batches(torch.ones(3, 1, 2, 2, dtype=dtype), torch.arange(3), size=2)


def numbered(num: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return images whose first pixel tells their label."""
    y = torch.arange(num)
    return (y % 256).to(torch.uint8)[:, None, None, None].repeat(1, 1, 2, 2), y


@given(num=st.integers(1, 60), size=st.integers(1, 70), seed=st.integers(0, 2**32))
def test_each_epoch_holds_every_image_once_with_its_own_label(num, size, seed):
    X, y = numbered(num)
    batches = Batches(X, y, size, seed)
    for _ in range(2):
        parts = list(batches)
        assert len(parts) == len(batches) == -(-num // size)
        assert [len(part[1]) for part in parts[:-1]] == [size] * (len(parts) - 1)
        assert sorted(torch.cat([part[1] for part in parts]).tolist()) == list(range(num))
        for X_part, y_part in parts:
            assert X_part.dtype == torch.float32 and X_part.shape == (len(y_part), 1, 2, 2)
            assert torch.equal(X_part[:, 0, 0, 0], y_part / 255)


def orders(seed: int, epochs: int = 2) -> list[list[int]]:
    batches = Batches(*numbered(50), size=7, seed=seed)
    return [torch.cat([y for _, y in batches]).tolist() for _ in range(epochs)]


def test_the_seed_alone_decides_the_orders():
    torch.manual_seed(1)
    first = orders(5)
    torch.manual_seed(2)
    assert orders(5) == first
    assert first[0] != first[1], "every epoch has its own order"
    assert orders(6)[0] != first[0]


def test_the_orders_are_the_ones_behind_the_records():
    (_, y), *_ = Batches(torch.zeros(10, 1), torch.arange(10), size=10, seed=5)
    assert y.tolist() == [1, 4, 9, 6, 3, 5, 0, 2, 8, 7]


def test_batches_leave_torchs_own_random_numbers_alone():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    list(Batches(*numbered(9), size=2))
    assert torch.equal(torch.rand(4), expected)


def test_a_loop_that_stops_early_does_not_disturb_the_next():
    batches = Batches(*numbered(9), size=2)
    next(iter(batches))
    assert sorted(torch.cat([y for _, y in batches]).tolist()) == list(range(9))


def test_labels_of_another_whole_number_type_become_int64():
    X, y = numbered(4)
    assert all(y.dtype == torch.int64 for _, y in Batches(X, y.to(torch.uint8), size=3))


@pytest.mark.parametrize(
    ("num_images", "labels", "size", "words"),
    [
        (0, torch.arange(0), 1, "at least one image, got 0 images and 0 labels"),
        (3, torch.arange(2), 1, "got 3 images and 2 labels"),
        (3, torch.arange(3), 0, "size must be a whole number of at least 1, got 0"),
        (3, torch.arange(3), -4, "got -4"),
        (3, torch.arange(3), 2.5, "got 2.5"),
        (3, torch.arange(3), True, "got True"),
        (3, torch.arange(3), "8", "got '8'"),
        (3, torch.rand(3), 1, "labels must be whole numbers of shape"),
        (3, torch.zeros(3, 10, dtype=torch.int64), 1, r"shape \(3, 10\)"),
    ],
)
def test_what_cannot_be_batched_is_an_error_with_the_values(num_images, labels, size, words):
    with pytest.raises(ValueError, match=words):
        Batches(torch.zeros(num_images, 1, 2, 2), labels, size)
