"""Settings: the environment counts more than the file; every fault is told; the secret is made once, for its owner."""

import os
import stat

import pytest
from gridgis_web.settings import Settings

from gridgis.errors import InputError


def test_the_environment_counts_more_than_the_file(tmp_path):
    file = tmp_path / "gridgis.toml"
    file.write_text('port = 9000\nlanguage = "en"\nsecure = true\n')
    settings = Settings.read(file, environment={"GRIDGIS_PORT": "9100", "GRIDGIS_FOLDER": str(tmp_path)})
    assert (settings.port, settings.language, settings.secure, settings.folder) == (9100, "en", True, tmp_path)


def test_all_faults_are_told_at_once(tmp_path):
    file = tmp_path / "gridgis.toml"
    file.write_text('prot = 9000\nlanguage = "fr"\n')
    with pytest.raises(InputError) as caught:
        Settings.read(file, environment={"GRIDGIS_PORT": "many", "GRIDGIS_SECURE": "perhaps"})
    text = str(caught.value)
    assert all(word in text for word in ("prot", "fr", "many", "perhaps"))


def test_the_secret_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = Settings(folder=tmp_path / "data").with_secret()
    again = Settings(folder=tmp_path / "data").with_secret()
    assert first.secret == again.secret
    assert len(first.secret) >= 32
    if os.name != "nt":
        assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
