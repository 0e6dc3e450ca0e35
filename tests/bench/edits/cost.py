"""What a fingerprint costs: time and memory, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.bench.project import ROOT
from tests.bench.report import Row

FILES = 300
# Prints the seconds of computing and the megabytes that all fingerprints of a catalog add
PROCESS = """
import json, resource, sys, time
sys.path.insert(0, sys.argv[1])
from importlib import import_module
from pathlib import Path
from cbspec.fingerprint import Code, Parsed
stages = import_module(sys.argv[2]).STAGES
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
kept = Parsed(Path(sys.argv[3]))
package = sys.argv[2].partition(".")[0]
code = Code(Path(sys.argv[1]), [package], catalog=sys.argv[2], stages=stages, sources=kept)
for stage in stages:
    code.fingerprint(stage.implementation)
seconds = time.process_time() - began
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([seconds, (after - before) / 1024]))
"""


class Cost(NamedTuple):
    """Seconds of computing, and megabytes."""

    seconds: float
    memory: float


def costs() -> Iterator[Row]:
    """Yield what the first process of a run pays, and every other one."""
    with tempfile.TemporaryDirectory(prefix="cbspec-") as folder:
        kept = Path(folder) / "kept" / "sources"
        first, other = (_measured(ROOT, "engine.catalog", kept) for _ in range(2))
        yield Row("fingerprints of this engine, first run", f"{first.seconds:.2f} s")
        figure = f"{other.seconds:.2f} s"
        aim = "at most 0.1 s"
        yield Row("the same, every other process", figure, aim, other.seconds <= 0.1)
        tree = Path(folder) / "tree"
        _lay_out(tree)
        kept = Path(folder) / "kept" / "tree"
        first, other = (_measured(tree, "zoo.catalog", kept) for _ in range(2))
        name = f"fingerprint of a tree of {FILES} files"
        figure = f"{first.seconds:.2f} s, {first.memory:.0f} MB"
        met = first.seconds <= 1 and first.memory <= 100
        yield Row(f"{name}, first process", figure, "at most 1 s, 100 MB", met)
        yield Row(f"{name}, every other process", f"{other.seconds:.2f} s")


def _measured(root: Path, catalog: str, kept: Path) -> Cost:
    command = [sys.executable, "-c", PROCESS, str(root), catalog, str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return Cost(*json.loads(done.stdout))


def _lay_out(root: Path) -> None:
    """Write a package like timm's: a layer to a file, and models that register themselves."""
    half = FILES // 2
    _write(root / "zoo/__init__.py", "from zoo.models import build\n")
    _write(root / "zoo/registry.py", REGISTRY)
    _write(root / "zoo/run.py", "from zoo import build\n\n\ndef run(job):\n    build('m0')\n")
    _write(root / "zoo/catalog.py", CATALOG)
    _write(root / "zoo/layers/__init__.py", _stars("zoo.layers.layer", half))
    _write(root / "zoo/models/__init__.py", _stars("zoo.models.model", half) + BUILD)
    for number in range(half):
        _write(root / f"zoo/layers/layer{number}.py", LAYER.replace("NUMBER", str(number)) * 3)
        _write(root / f"zoo/models/model{number}.py", MODEL.replace("NUMBER", str(number)))


def _stars(start: str, count: int) -> str:
    return "".join(f"from {start}{number} import *\n" for number in range(count))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


REGISTRY = "MODELS = {}\n\n\ndef register(function):\n    MODELS[function.__name__] = function\n    return function\n"
CATALOG = 'from cbspec.stage import Stage\n\nSTAGES = (Stage("run", "", "zoo.run:run"),)\n'
BUILD = "from zoo.registry import MODELS\n\n\ndef build(name):\n    return MODELS[name]()\n"
LAYER = '''
import math


class LayerNUMBER:
    """A layer."""

    def __init__(self, width=64, heads=4, drop=0.1):
        self.width = width
        self.heads = heads
        self.scale = (width // heads) ** -0.5
        self.drop = drop if drop < 1 else math.inf

    def forward(self, x, mask=None):
        rows = [self.scale * value for value in x]
        if mask is not None:
            rows = [value if keep else -math.inf for value, keep in zip(rows, mask, strict=True)]
        largest = max(rows)
        weights = [math.exp(value - largest) for value in rows]
        total = sum(weights)
        return [weight / total for weight in weights]
'''
MODEL = '''
"""A family of models."""

from zoo.layers import LayerNUMBER
from zoo.registry import register

SIZES = {"tiny": (12, 3), "small": (12, 6), "base": (24, 12)}


class NetNUMBER:
    def __init__(self, depth=12, heads=3, **options):
        self.layers = [LayerNUMBER(heads=heads, **options) for _ in range(depth)]

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x


@register
def mNUMBER(size="tiny", **options):
    depth, heads = SIZES[size]
    return NetNUMBER(depth, heads, **options)


@register
def mNUMBER_small(**options):
    return mNUMBER("small", **options)
'''
