"""What is put into the store comes back as it was."""

from __future__ import annotations

import itertools
import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cbspec.errors import ContentError
from cbspec.store import Store

KEY = "ab" * 32
NUMBERS = itertools.count()
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
TENSORS = {
    "float32": torch.randn(3, 4, generator=torch.Generator().manual_seed(0)),
    "float64": torch.tensor([math.nan, -0.0, math.inf, 5e-324], dtype=torch.float64),
    "float16": torch.randn(7).half(),
    "bfloat16": torch.randn(2, 3).bfloat16(),
    "int64": torch.tensor([-(2**63), 2**63 - 1]),
    "uint8": torch.arange(256).to(torch.uint8),
    "bool": torch.tensor([[True, False], [False, True]]),
    "empty": torch.empty(0, 5),
    "0-d": torch.tensor(0.1),
    "transposed": torch.arange(12.0).reshape(3, 4).T,
}


def bits(tensor: torch.Tensor) -> list[int]:
    return tensor.contiguous().reshape(-1).view(torch.uint8).tolist()


@pytest.mark.parametrize("name", TENSORS)
def test_tensor_round_trip(store: Store, name: str) -> None:
    """A tensor of any type and shape comes back bit for bit, NaN included."""
    tensor = TENSORS[name]

    store.put(KEY, tensors={name: tensor})

    read = store.get(KEY).tensors[name]
    assert (tensor.dtype, tensor.shape, bits(tensor)) == (read.dtype, read.shape, bits(read))


def test_tensors_sharing_memory(store: Store) -> None:
    """Replicas that are slices of one tensor, and one tensor under two names, are stored each for
    itself.
    """
    stacked = torch.arange(24.0).reshape(2, 3, 4)

    store.put(KEY, tensors={"first": stacked[0], "again": stacked[0], "all": stacked})

    tensors = store.get(KEY).tensors
    assert {"first": bits(stacked[0]), "again": bits(stacked[0]), "all": bits(stacked)} == {
        n: bits(t) for n, t in tensors.items()
    }


def test_tensor_changed_in_place(store: Store) -> None:
    """Changing a tensor that was read changes nothing in the store."""
    store.put(KEY, tensors={"w": torch.ones(1000)})

    store.get(KEY).tensors["w"].mul_(3.0)

    assert store.verify() == []
    assert store.get(KEY).tensors["w"].eq(1.0).all()


def test_tensor_names_without_reading(store: Store) -> None:
    """The names of an entry's tensors are known without torch and without its file being read."""
    store.put(KEY, tensors={"w": torch.ones(2), "b": torch.zeros(1)})
    code = (
        "import sys; from pathlib import Path; from cbspec.store import Store;"
        f"tensors = Store(Path({str(store.root)!r})).get({KEY!r}).tensors;"
        "print(list(tensors), len(tensors), 'w' in tensors, 'x' in tensors, 'torch' in sys.modules)"
    )

    printed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert printed == "['w', 'b'] 2 True False False\n"


def test_unknown_tensor(store: Store) -> None:
    """A tensor that the stage did not leave is a KeyError, also where it left none."""
    store.put(KEY)

    assert dict(store.get(KEY).tensors) == {}
    with pytest.raises(KeyError, match="'w'"):
        store.get(KEY).tensors["w"]


@settings(
    max_examples=80,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(series=st.dictionaries(TEXT, JSON), measures=st.dictionaries(TEXT, FLOATS))
def test_json_round_trip(store: Store, series: dict[str, Any], measures: dict[str, float]) -> None:
    """Series and measures of any JSON content come back equal, floats to the last bit."""
    key = f"{next(NUMBERS):064x}"

    store.put(key, series=series, measures=measures)

    entry = store.get(key)
    assert json.dumps([series, measures], sort_keys=True) == json.dumps(
        [entry.series, entry.measures], sort_keys=True
    )


def test_parts_kept_apart(store: Store) -> None:
    """Measures, undefined measures, series and provenance come back each as itself, under their
    key.
    """
    parts = {
        "measures": {"accuracy": 0.1 + 0.2},
        "undefined": {"cosine": "reference below resolution"},
        "series": {"loss": [2.5, 1.25]},
        "provenance": {"stage": "train", "parameters": {"width": 64}, "seed": 3},
    }

    store.put(KEY, **parts)

    entry = store.get(KEY)
    assert (KEY, parts) == (entry.key, {name: getattr(entry, name) for name in parts})


def test_arrays_become_lists(store: Store) -> None:
    """Scalars and arrays of numpy and torch are stored as the numbers that they hold."""
    series = {
        "numpy": np.array([[0.1], [0.2]]),
        "torch": torch.tensor([1, 2]),
        "scalar": np.float64(0.3),
        "count": np.int64(4),
    }

    store.put(KEY, measures={"a": np.float64(0.1), "b": torch.tensor(0.5)}, series=series)

    entry = store.get(KEY)
    assert entry.series == {"numpy": [[0.1], [0.2]], "torch": [1, 2], "scalar": 0.3, "count": 4}
    assert entry.measures == {"a": 0.1, "b": 0.5}


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"measures": {"accuracy": math.nan}}, r"measures\['accuracy'\] is nan"),
        (
            {"series": {"loss": [1.0, {"layer": -math.inf}]}},
            r"series\['loss'\]\[1\]\['layer'\] is -inf",
        ),
        ({"series": {"norm": np.array([1.0, np.inf])}}, r"series\['norm'\]\[1\] is inf"),
        ({"series": {"layers": {1: 0.5}}}, r"series\['layers'\] has the key 1, not a string"),
        ({"series": {"when": object()}}, "series holds what JSON does not .*object"),
        ({"series": {"name": "\ud800"}}, "series holds what JSON does not"),
        (
            {"measures": {"a": math.inf}, "provenance": {"b": math.nan}},
            r"measures\['a'\] is inf; provenance\['b'\] is nan",
        ),
    ],
)
def test_what_json_cannot_hold(store: Store, parts: dict[str, Any], message: str) -> None:
    """What JSON cannot give back as it was is refused, with every place named, and nothing is
    stored.
    """
    with pytest.raises(ContentError, match=message):
        store.put(KEY, **parts)

    assert not store.root.exists()


def test_first_result_stays(store: Store) -> None:
    """A second result under the same key is dropped, and told so."""
    first = store.put(KEY, measures={"accuracy": 0.5})
    second = store.put(KEY, measures={"accuracy": 0.6})

    assert (first, second) == (True, False)
    assert store.get(KEY).measures == {"accuracy": 0.5}


def test_missing(store: Store) -> None:
    """A key that was never put is missing, and asking for it makes no folder."""
    assert (store.has(KEY), store.get(KEY), list(store.ls()), store.verify()) == (
        False,
        None,
        [],
        [],
    )
    assert not store.root.exists()


def test_code_fingerprint_round_trip(store: Store) -> None:
    """The definitions behind a code fingerprint are kept under its digest, and known to another
    process.
    """
    definitions = {"engine/nets.py:forward": "12ab", "engine/nets.py:WIDTH": "34cd"}

    store.codes.keep("5e6f", definitions)

    assert definitions == Store(store.root).codes.of("5e6f")
    assert Store(store.root).codes.of("0000") is None


def test_damaged_code_fingerprint(store: Store) -> None:
    """A damaged list of definitions is unknown, and written anew by whoever knows it."""
    store.codes.keep("5e6f", {"a": "1"})
    path = store.root / "code" / "5e6f.json"
    path.write_bytes(path.read_bytes().replace(b'"1"', b'"2"'))

    assert Store(store.root).codes.of("5e6f") is None
    Store(store.root).codes.keep("5e6f", {"a": "1"})
    assert store.codes.of("5e6f") == {"a": "1"}


def test_permissions_follow_umask(store: Store) -> None:
    """Files and folders are as readable for others as the umask says, so that machines can share a
    store.
    """
    umask = (
        Path("/proc/self/status").read_text().split("Umask:")[1].split()[0]
        if sys.platform == "linux"
        else None
    )
    if umask is None:
        pytest.skip("reads the umask from /proc")

    store.put(KEY, tensors={"w": torch.ones(1)})

    modes = {
        path.is_dir(): path.stat().st_mode & 0o777 for path in [store.root, *store.root.rglob("*")]
    }
    assert {True: 0o777 & ~int(umask, 8), False: 0o666 & ~int(umask, 8)} == modes
