"""``[tool.cbspec]`` of the nearest pyproject.toml."""

import pytest

from cbspec import config
from cbspec.config import Config
from cbspec.errors import ConfigError


@pytest.fixture(autouse=True)
def no_store_of_the_user(monkeypatch):
    monkeypatch.delenv("CBSPEC_STORE", raising=False)


def test_settings_are_read_and_completed(tmp_path):
    """Keys that are given count, the others have their own values; folders start at the project's
    root.
    """
    (tmp_path / "pyproject.toml").write_text(
        '[tool.cbspec]\nengine = "lab.catalog"\nclaims = "findings"\n'
    )

    found = config.load(tmp_path)

    assert (found.root, found.engine, found.scale) == (tmp_path, "lab.catalog", "quick")
    assert (found.claims, found.store, found.reports) == (
        tmp_path / "findings",
        tmp_path / ".cbspec/store",
        tmp_path / "reports",
    )


def test_an_absolute_folder_stays_where_it_is(tmp_path):
    """A store outside the project is taken as it stands, the home folder included."""
    (tmp_path / "pyproject.toml").write_text(
        '[tool.cbspec]\nstore = "/data/results"\nclaims = "~/claims"\n'
    )
    found = config.load(tmp_path)

    assert str(found.store) == "/data/results"
    assert "~" not in str(found.claims)


def test_the_environment_names_the_store_first(tmp_path, monkeypatch):
    """CBSPEC_STORE comes before the file."""
    (tmp_path / "pyproject.toml").write_text('[tool.cbspec]\nstore = "results"\n')
    monkeypatch.setenv("CBSPEC_STORE", str(tmp_path / "shared"))

    assert config.load(tmp_path).store == tmp_path / "shared"


def test_the_nearest_table_is_the_projects(tmp_path):
    """From a folder below, the project is found upwards; a pyproject.toml without the table is
    passed over.
    """
    (tmp_path / "pyproject.toml").write_text('[tool.cbspec]\nscale = "memo"\n')
    inner = tmp_path / "packages" / "lab"
    inner.mkdir(parents=True)
    (inner / "pyproject.toml").write_text("[project]\nname = 'lab'\n")

    found = config.load(inner)

    assert (found.root, found.scale) == (tmp_path, "memo")


def test_without_a_table_the_nearest_project_counts(tmp_path):
    """Where no file has the table, the nearest pyproject.toml is the root, with the settings as
    they are by themselves.
    """
    inner = tmp_path / "claims" / "phase1"
    inner.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'lab'\n")

    assert config.load(inner) == Config(tmp_path)


def test_all_wrong_keys_are_told(tmp_path):
    """Unknown keys and values that are no text are named together, with what would be right."""
    file = tmp_path / "pyproject.toml"
    file.write_text('[tool.cbspec]\nengin = "lab"\nscale = 3\nstore = ""\n')

    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)

    assert str(caught.value).splitlines() == [
        f"{file}: tool.cbspec: unknown key 'engin'; did you mean 'engine'? "
        "(one of engine, scale, canary, adopt, backend, address, slurm, remote, claims, store, "
        "reports, data, ...)",
        f"{file}: tool.cbspec.scale: expected text, got 3",
        f"{file}: tool.cbspec.store: expected text, got ''",
    ]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('versions = ["numpy", "scipy>=1"]', ".versions: 'scipy>=1' is the name of no package"),
        ('environment = ["LAB_MODE=2"]', ".environment: 'LAB_MODE=2' is the name of no variable"),
    ],
)
def test_a_dependency_has_a_name_alone(tmp_path, setting, message):
    """A requirement or an assignment where a name belongs is told: it would be found nowhere."""
    (tmp_path / "pyproject.toml").write_text(f"[tool.cbspec]\n{setting}\n")

    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)

    assert str(caught.value) == f"{tmp_path / 'pyproject.toml'}: tool.cbspec{message}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[tool", "not TOML"),
        (b"\xff", "not TOML"),
        (b"x = " + b"[" * 5000 + b"]" * 5000, "not TOML"),
        (b"x = " + b"9" * 5000, "not TOML"),
        (b"[tool]\ncbspec = 3\n", "expected a table, got 3"),
    ],
)
def test_a_file_that_is_none(tmp_path, content, message):
    """A pyproject.toml that cannot be read as TOML is named with the reason."""
    (tmp_path / "pyproject.toml").write_bytes(content)

    with pytest.raises(ConfigError, match=message) as caught:
        config.load(tmp_path)
    assert str(tmp_path / "pyproject.toml") in str(caught.value)
