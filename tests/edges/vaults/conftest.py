"""A vault of a folder, and the folder of its keys."""

from __future__ import annotations

import pytest

from remiss.edges.keys import FolderKeys
from remiss.edges.vaults.folder import FolderVault


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "catalog.vault"


@pytest.fixture
def keys(tmp_path):
    return FolderKeys(tmp_path / "catalog.keys", create=True)


@pytest.fixture
def vault(folder, keys):
    return FolderVault(folder, keys)
