"""What every assertion kind has, and what a module of kinds is refused for."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from msgspec import inspect

from cbspec import catalog, config, kinds
from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.kinds import KINDS, Assertion
from cbspec.kinds.names import bare, fields
from cbspec.language import schema
from cbspec.report.html.strip import claimed_by
from cbspec.stage import Measure
from cbspec.statistics.design import Design
from cbspec.statistics.evidence import Level
from cbspec.statistics.sample import Measurements, Sample

ROOT = Path(__file__).parents[3]
COMMON = {"measure": "x", "arms": ("a", "b", "c")}
OF = (kinds.Sign(measure="x", arms=("a",), sign="positive"),)
EXAMPLES: dict[str, Assertion] = {
    "order": kinds.Order(**COMMON, direction="ascending", margin=0.1),
    "trend": kinds.Trend(**COMMON, direction="increasing"),
    "threshold": kinds.Threshold(**COMMON, above=0.0),
    "range": kinds.Range(**COMMON, low=0.0, high=9.0),
    "sign": kinds.Sign(**COMMON, sign="positive"),
    "equivalence": kinds.Equivalence(**COMMON, margin=9.0),
    "collapse": kinds.Collapse(measure="x", arms=("a",), reference="c"),
    "ratio": kinds.Ratio(measure="x", arms=("c", "a"), above=1.5),
    "extremum": kinds.Extremum(measure="x", arm="c", among=("a", "b", "c"), extremum="highest"),
    "interaction": kinds.Interaction(measure="x", pairs=(("c", "a"), ("b", "a"))),
    "figure": kinds.Figure(axes={"x": (0.0, 9.0)}, arms=("a", "b", "c")),
    "all": kinds.All(of=OF),
    "any": kinds.Any(of=OF),
    "at_least": kinds.AtLeast(k=1, of=OF),
    "rank_trend": kinds.RankTrend(**COMMON, direction="increasing"),
    "share": kinds.Share(**COMMON, above=0.0, more_than=0.3),
    "quantile": kinds.Quantile(**COMMON, quantile=0.75, above=0.0),
    "iqm": kinds.Iqm(**COMMON, above=0.0),
    "correlation": kinds.Correlation(measures=("x", "x"), arms=("a", "b", "c"), above=0.0),
    "published": kinds.Published(**COMMON, mean=0.0, sd=0.1, n=5, above=0.5),
    "unpaired": kinds.Unpaired(measure="x", arms=("c", "a"), above=1.0),
    "sooner": kinds.Sooner(measure="x", arms=("a", "c"), limit=9.0),
    "z": kinds.Z(**COMMON, sigma=0.1, above=0.5),
    "stated": kinds.Stated(measure="x", arms=("c", "a"), above=0.0),
}
MEASURED = Measurements(
    {
        (arm, "x"): Sample([mean + noise for noise in noises], (1, 2, 3, 4))
        for arm, mean, noises in (
            ("a", 1.0, (0.01, -0.02, 0.01, 0.0)),
            ("b", 2.0, (-0.01, 0.02, 0.0, 0.01)),
            ("c", 6.0, (0.0, 0.01, -0.02, 0.02)),
        )
    }
)


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The kinds of this project are known again after each test."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    kinds.load(config.load(ROOT))


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_has_its_words(word: str) -> None:
    """Each kind has a doc, a row in the table, a schema, and a sentence that names its arms."""
    kind, example = KINDS[word], EXAMPLES[word]
    described = schema.build(catalog.load(config.load(ROOT)))["$defs"]
    first = schema.summary(kind)

    assert first in " ".join((kind.__dict__["__doc__"] or "").split())
    assert f"| `{word}` | {first} |" in (ROOT / "claims" / "README.md").read_text()
    assert described[kind.__name__]["properties"]["kind"]["description"] == first
    assert word in described["assertion"]["properties"]["kind"]["enum"]
    assert all(arm in example.sentence() for arm in kinds.arms_of(example))


@pytest.mark.parametrize("word", KINDS)
def test_every_kind_is_decided_and_has_power(word: str) -> None:
    """Each kind holds on values that show it, and knows the smallest p of any values."""
    example = EXAMPLES[word]
    design = Design(analyses={4: 1.0}, alpha=0.05, spreads={})

    assert float(example.evidence(MEASURED).p) < 0.05
    assert 0.0 <= example.least_p(4, 0.05) <= float(example.evidence(MEASURED).p)
    assert example.least_p(4, 0.05) <= example.least_p(1, 0.05)
    assert example.missed(design) is None


@pytest.mark.parametrize("noise", ["", "lognormal"])
@pytest.mark.parametrize("word", sorted(set(KINDS) - {"figure"}))
def test_every_kind_tells_the_bounds_of_its_effects(word: str, noise: str) -> None:
    """Of each effect that a kind shows, pages know the bounds by its measure and label; a figure
    claims nothing of the mean that it draws.
    """
    measures = {"x": Measure("m", "", noise=noise)} if noise else {}
    bounds = claimed_by(EXAMPLES[word])
    level = Level(shown=0.05, refuted=0.05)

    for inference in EXAMPLES[word].evidence(replace(MEASURED, measures=measures)).inferences:
        effect = inference.effect(level)
        assert any(end is not None for end in bounds[effect.measure, effect.label])


@pytest.mark.parametrize("word", KINDS)
def test_every_number_says_which_change_is_looser(word: str) -> None:
    """Each number (or flag) of each kind has a rule: a change one way, or either, is looser."""
    kind = KINDS[word]
    numbers = [name for name, described in fields(kind).items() if _is_number(described)]

    assert set(numbers) <= {"alpha", *kind.tighter}
    for name in numbers:
        ways = {
            EXAMPLES[word].change(name, before, after)
            for before, after in (
                (0.1, 0.2),
                (0.2, 0.1),
            )
        }
        assert "looser" in ways
        assert "neutral" not in ways


def test_examples_are_of_every_kind() -> None:
    """The examples above are of the built-in kinds, one each."""
    assert {word: type(example) for word, example in EXAMPLES.items()} == dict(KINDS)


def test_kinds_need_neither_torch_nor_scipy() -> None:
    """Importing the kinds imports neither torch, nor an engine, nor SciPy."""
    code = "import sys, cbspec.kinds; print({'torch', 'engine', 'scipy'} & set(sys.modules))"

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "set()\n"


HEAD = "from cbspec.kinds import Arms, Assertion, MeasureName\nclass {name}(Assertion, frozen=True, kw_only=True, tag='{word}'):\n"
WHOLE = HEAD + (
    "    'Every arm is near.'\n    measure: MeasureName\n    arms: Arms\n"
    "    def sentence(self): return ''\n    def evidence(self, data): return None\n"
    "KINDS = ({name},)\n"
)


def _near(*edits: tuple[str, str], word: str = "near") -> str:
    text = WHOLE.format(name="Near", word=word)
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("kinds_missing", None, "cannot be imported: ModuleNotFoundError"),
        (
            "kinds_raising",
            "raise RuntimeError('no licence')",
            "cannot be imported: RuntimeError('no licence') (kinds_raising.py:1",
        ),
        ("kinds_wrong", "import (", "cannot be imported: SyntaxError"),
        (
            "kinds_empty",
            "",
            "has no KINDS: expected a tuple of subclasses of cbspec.kinds.Assertion",
        ),
        ("kinds_words", "KINDS = ('near',)", "has no KINDS"),
        ("kinds_taken", _near(word="order"), "the kind 'order' is taken by cbspec.kinds.order"),
        ("kinds_silent", _near(("    'Every arm is near.'\n", "")), "has no docstring"),
        ("kinds_mute", _near(("def sentence", "def words")), "has no sentence()"),
        (
            "kinds_idle",
            _near(("def evidence", "def proof")),
            "has neither contrasts() nor evidence()",
        ),
        (
            "kinds_odd",
            _near(("arms: Arms", "arms: Arms | 'Nobody'")),
            "has fields that msgspec cannot read",
        ),
        (
            "kinds_armless",
            _near(("arms: Arms", "arms: str")),
            "names no arm: mark the field that does as cbspec.kinds.Arm",
        ),
        ("kinds_measureless", _near((": MeasureName", ": str")), "names no measure"),
    ],
)
def test_a_broken_module_of_kinds_is_told(
    tmp_path: Path,
    name: str,
    content: str | None,
    message: str,
) -> None:
    """A module that cannot be imported, or whose kinds lack something, is named with the reason."""
    if content is not None:
        (tmp_path / f"{name}.py").write_text(content)

    with pytest.raises(ConfigError, match=f"kinds {name}") as caught:
        kinds.load(Config(tmp_path, kinds=(name,)))

    assert message in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert list(KINDS) == list(EXAMPLES)


def test_a_list_of_modules_is_expected(tmp_path: Path) -> None:
    """A mere name under ``kinds`` is told at its key."""
    (tmp_path / "pyproject.toml").write_text('[tool.cbspec]\nkinds = "lab.kinds"\n')

    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path)

    place = f"{tmp_path}/pyproject.toml: tool.cbspec.kinds"
    assert str(caught.value) == f"{place}: expected a list of modules, got 'lab.kinds'"


def _is_number(described: inspect.Type) -> bool:
    plain = bare(described)
    if isinstance(plain, inspect.UnionType):
        return any(_is_number(branch) for branch in plain.types)
    return isinstance(plain, inspect.FloatType | inspect.IntType | inspect.BoolType)
