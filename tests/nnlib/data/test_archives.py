"""Archives from strangers: only the six known files are read, and whatever else they try is refused without a trace."""

import gzip
import io
import tarfile
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnlib.data import DataError, binary, cifar10
from tests.draws import draws

SPLIT: dict[str, Any] = {"num_training": 70, "num_validation": 25, "num_test": 15}


def write(small, *extra, replace=None, first=False):
    """An archive of the six files and `extra` members (TarInfo, content); replace: name -> (TarInfo, content)."""
    members = []
    for name in binary.FILES:
        content = (small.folder / name).read_bytes()
        member = tarfile.TarInfo(f"{binary.FOLDER}/{name}")
        member.size = len(content)
        members.append((replace or {}).get(name, (member, content)))
    members = [*extra, *members] if first else [*members, *extra]
    path = small.root / "a.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return path


def info(name, kind=tarfile.REGTYPE, size=0, link=""):
    member = tarfile.TarInfo(name)
    member.type, member.size, member.linkname = kind, size, link
    return member


def refuse(small, path, message):
    around = sorted(small.root.parent.rglob("*"))
    with pytest.raises(DataError, match=message) as caught:
        cifar10.load(path, **SPLIT)
    assert "\n" not in str(caught.value)
    assert str(path) in str(caught.value)
    assert sorted(small.root.parent.rglob("*")) == around


def test_any_order_of_members(small_cifar10):
    order = tuple(np.random.default_rng(1).permutation(binary.FILES))
    data = cifar10.load(small_cifar10.archive(order), **SPLIT)
    assert np.array_equal(data.pictures(data.X_test[:]), small_cifar10.images[100:115].transpose(0, 2, 3, 1))
    assert np.array_equal(data.y_val, small_cifar10.labels[70:95])


def test_the_official_archive_s_other_members_are_passed_over(small_cifar10):
    extra = [
        (info(binary.FOLDER, tarfile.DIRTYPE), b""),
        (info(f"{binary.FOLDER}/readme.html", size=5), b"hello"),
        (info(f"./{binary.FOLDER}/batches.meta.txt", size=4), b"cat\n"),
        (info(".", tarfile.DIRTYPE), b""),
        (info(f"./._{binary.FOLDER}", size=4), b"abcd"),  # what macOS adds
        (info(f"{binary.FOLDER}/._data_batch_1.bin", size=4), b"abcd"),
    ]
    data = cifar10.load(write(small_cifar10, *extra, first=True), **SPLIT)
    assert np.array_equal(data.y_train, small_cifar10.labels[:70])


BATCH = f"{binary.FOLDER}/data_batch_1.bin"


@pytest.mark.parametrize(
    "member",
    [
        info("../escaped", size=5),
        info("/tmp/escaped", size=5),  # noqa: S108
        info(f"{binary.FOLDER}/../escaped", size=5),
        info(f"{binary.FOLDER}/..", size=5),
        info(f"other/{BATCH}", size=5),
        info("data_batch_1.bin", size=5),
        info(f"{binary.FOLDER}/", size=5),
        info("escaped", tarfile.DIRTYPE),
        info(f"{binary.FOLDER}/link", tarfile.SYMTYPE, link="/etc/passwd"),
        info(f"{binary.FOLDER}/link", tarfile.LNKTYPE, link="/etc/passwd"),
        info(f"{binary.FOLDER}/pipe", tarfile.FIFOTYPE),
        info(f"{binary.FOLDER}/device", tarfile.CHRTYPE),
    ],
    ids=lambda member: f"{member.name} {member.type!r}",
)
@pytest.mark.parametrize("first", [True, False])
def test_foreign_members(small_cifar10, member, first):
    path = write(small_cifar10, (member, b"hello"[: member.size]), first=first)
    refuse(small_cifar10, path, "so it is not CIFAR-10's archive")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_batches_that_are_no_files(small_cifar10, kind):
    link = str(small_cifar10.folder / "data_batch_1.bin")
    path = write(small_cifar10, replace={"data_batch_1.bin": (info(BATCH, kind, link=link), b"")})
    refuse(small_cifar10, path, "holds .*data_batch_1")


def test_twice_the_same_member(small_cifar10):
    content = (small_cifar10.folder / "data_batch_1.bin").read_bytes()
    path = write(small_cifar10, (info(BATCH, size=len(content)), content))
    refuse(small_cifar10, path, r"holds data_batch_1\.bin twice")


@pytest.mark.parametrize("size", [0, 61459, 61461, 3 * 61460])
def test_members_of_another_size(small_cifar10, size):
    path = write(small_cifar10, replace={"data_batch_1.bin": (info(BATCH, size=size), bytes(size))})
    refuse(small_cifar10, path, f"must have 61460 bytes .* but has {size}")


@pytest.mark.parametrize("size", [2**33, 2**62, 2**80])
def test_members_that_claim_terabytes(small_cifar10, size):
    header = info(BATCH, size=size).tobuf(tarfile.GNU_FORMAT)
    path = small_cifar10.root / "a.tar.gz"
    path.write_bytes(gzip.compress(header + bytes(10240)))
    refuse(small_cifar10, path, "must have 61460 bytes")
    path.write_bytes(gzip.compress(header.replace(b"data_batch_1", b"else_batch_1") + bytes(10240)))
    refuse(small_cifar10, path, "not a sound")


def test_bomb_in_a_member_that_is_passed_over(small_cifar10):
    bomb = (info(f"{binary.FOLDER}/readme.html", size=30 * 2**20), bytes(30 * 2**20))
    path = write(small_cifar10, bomb, first=True)
    assert path.stat().st_size < 2**20
    refuse(small_cifar10, path, "unpacks to far more than CIFAR-10")


def test_bomb_after_the_end(small_cifar10):
    path = small_cifar10.archive()
    path.write_bytes(path.read_bytes() + gzip.compress(bytes(30 * 2**20)))
    refuse(small_cifar10, path, "unpacks to far more than CIFAR-10")


def test_bomb_in_a_header(small_cifar10):
    member = info(f"{binary.FOLDER}/readme.html")
    member.pax_headers = {"comment": "x" * (30 * 2**20)}
    refuse(small_cifar10, write(small_cifar10, (member, b""), first=True), "unpacks to far more than CIFAR-10")


def test_too_many_members(small_cifar10):
    extra = [(info(f"{binary.FOLDER}/{i}"), b"") for i in range(200)]
    refuse(small_cifar10, write(small_cifar10, *extra, first=True), "so it is not CIFAR-10's")


def test_sparse_member(small_cifar10):
    member = info(BATCH, tarfile.GNUTYPE_SPARSE, size=61460)
    path = write(small_cifar10, replace={"data_batch_1.bin": (member, bytes(61460))})
    refuse(small_cifar10, path, "holds|not a sound")


def test_missing_member(small_cifar10):
    path = small_cifar10.archive(("data_batch_1.bin", *binary.FILES[2:]))
    refuse(small_cifar10, path, r"lacks data_batch_2\.bin")


def test_mislabelled_member(small_cifar10):
    content = bytearray((small_cifar10.folder / "data_batch_1.bin").read_bytes())
    content[19 * 3073] = 255
    path = write(small_cifar10, replace={"data_batch_1.bin": (info(BATCH, size=len(content)), bytes(content))})
    refuse(small_cifar10, path, "record 19 has 255")


GZIPS = [gzip.compress(content) for content in (b"", b"hello", bytes(10**5))]


@pytest.mark.parametrize(
    "content", [b"", b"hello", *GZIPS], ids=["empty", "text", "gzip of nothing", "gzip of text", "gzip of zeros"]
)
def test_other_files(small_cifar10, content):
    path = small_cifar10.root / "a.tar.gz"
    path.write_bytes(content)
    refuse(small_cifar10, path, "not a sound|lacks")


@pytest.mark.parametrize("share", [0.01, 0.3, 0.99, 0.99999])
def test_truncated_archive(small_cifar10, share):
    path = small_cifar10.archive()
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    refuse(small_cifar10, path, "not a sound")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
def test_a_wrong_pixel_fails_the_checksum(small_cifar10, share):
    """Random pixels do not compress: gzip stores them as they are, and a flipped bit is still a fine stream."""
    path = small_cifar10.archive()
    whole = bytearray(path.read_bytes())
    whole[int(share * len(whole))] ^= 1
    path.write_bytes(whole)
    refuse(small_cifar10, path, r"not a sound gzip-compressed tar archive|holds|unpacks|must have")


@settings(draws(150), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 511), st.integers(0, 255)), min_size=1, max_size=12),
    renew_checksum=st.booleans(),
)
def test_any_bytes_in_the_headers(small_cifar10, changes, renew_checksum):
    """A tar whose member headers were tampered with loads as it should, or is refused in one sentence."""
    tar = bytearray(gzip.decompress(small_cifar10.archive().read_bytes()))
    step = 512 + -(-61460 // 512) * 512
    for member, offset, byte in changes:
        tar[member * step + offset] = byte
    for start in range(0, 6 * step, step) if renew_checksum else ():
        tar[start + 148 : start + 156] = b" " * 8
        tar[start + 148 : start + 156] = b"%06o\0 " % sum(tar[start : start + 512])
    path = small_cifar10.root / "b.tar.gz"
    path.write_bytes(gzip.compress(bytes(tar), 1))
    try:
        chunks = list(binary.read_records(binary.Source(path, is_archive=True)))
    except DataError:
        return
    assert sorted(first for first, _, _ in chunks) == list(range(0, 120, 2))
    for first, labels, images in chunks:
        assert np.array_equal(labels, small_cifar10.labels[first : first + 2])
        assert np.array_equal(images, small_cifar10.images[first : first + 2])
