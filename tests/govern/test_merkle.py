"""Merkle trees: the published vectors of RFC 6962, and that proofs prove what they say and nothing else."""

from __future__ import annotations

import random

import pytest

from remiss.govern.audit.merkle import EMPTY, Frontier, included, inclusion_path, leaf_hash, node_hash, root_of

# The entries and hashes with which the implementation of Certificate Transparency tests its trees
# (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc).
ENTRIES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
LEAVES = [leaf_hash(each) for each in ENTRIES]
ROOTS = (
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
# (leaf counted from 1, size): path
INCLUSIONS = {
    (1, 1): (),
    (1, 8): (
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ),
    (6, 8): (
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ),
    (3, 3): ("fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",),
    (2, 5): (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ),
}


def split(leaves):
    """The root as the definition says it (RFC 6962, 2.1), one call a node."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(split(leaves[:middle]), split(leaves[middle:]))


def test_the_root_of_nothing_is_the_hash_of_nothing():
    assert root_of([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_that_are_published(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size - 1]


@pytest.mark.parametrize(("leaf", "size"), INCLUSIONS)
def test_inclusion_paths_are_those_that_are_published(leaf, size):
    assert tuple(each.hex() for each in inclusion_path(LEAVES[:size], leaf - 1)) == INCLUSIONS[leaf, size]


def test_a_frontier_grows_to_the_same_root_however_it_is_fed():
    draw = random.Random(6962)
    leaves = [leaf_hash(b"%d" % number) for number in range(300)]
    for _ in range(200):
        size = draw.randrange(len(leaves) + 1)
        frontier, at = Frontier(), 0
        while at < size:
            to = min(size, at + draw.choice((1, 2, 3, 7, 64, 100)))
            frontier, at = frontier.grown(leaves[at:to]), to
        assert frontier.size == size
        assert frontier.root == split(leaves[:size])
        assert Frontier.from_bytes(size, frontier.to_bytes()) == frontier


def test_a_frontier_of_another_size_is_refused():
    with pytest.raises(ValueError, match="no tree of 4 leaves"):
        Frontier.from_bytes(4, Frontier().grown(LEAVES[:3]).to_bytes())


def test_a_proof_of_inclusion_holds_for_its_leaf_place_and_tree_alone():
    for size in range(1, 40):
        leaves = [leaf_hash(b"%d" % number) for number in range(size)]
        root = root_of(leaves)
        for index in range(size):
            path = inclusion_path(leaves, index)
            assert included(leaves[index], index, size, path, root)
            assert not included(leaf_hash(b"other"), index, size, path, root)
            assert not any(included(leaves[index], at, size, path, root) for at in range(size) if at != index)
            assert not included(leaves[index], index, size, (*path, EMPTY), root)
            assert not (path and included(leaves[index], index, size, path[:-1], root))
            assert not included(leaves[index], index, size, path, EMPTY)


@pytest.mark.parametrize("index", [-1, 8])
def test_there_is_no_path_from_a_leaf_that_is_not_there(index):
    with pytest.raises(IndexError):
        inclusion_path(LEAVES, index)
