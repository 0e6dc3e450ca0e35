"""What every run of pytest on claims loads, done once in the server that such runs are forked from."""

import gc
import os
import platform
import sys
from importlib import import_module
from importlib.metadata import entry_points

from _pytest.config import default_plugins

from cbspec.fingerprint.loaded import place_of
from cbspec.kinds import KINDS
from cbspec.kinds.names import fields
from cbspec.report import Run, job_summary, markdown
from cbspec.report.html.page import templates
from tests.support.specimen import make_provenance

for plugin in entry_points(group="pytest11"):
    plugin.load()
for module in (
    *(f"_pytest.{plugin}" for plugin in default_plugins),
    "scipy.special",
    "scipy.stats",
    "xdist.dsession",
    "cbspec.cli.main",
    "cbspec.evaluation",
    "cbspec.evaluation.margins",
    "cbspec.execution.progress",
    "cbspec.judge",
    "cbspec.language.reader",
    "cbspec.plugin.running",
    "cbspec.report.formats.html_page",
):
    import_module(module)

# What msgspec says of a type, it is asked once
for kind in KINDS.values():
    fields(kind)

# Jinja compiles a template when it is first asked for
for name in templates().list_templates("j2"):
    templates().get_template(name)
empty = Run(
    scale="quick", device="cpu", provenance=make_provenance(), seconds=0.0, workers=1, records=()
)
markdown(empty)
job_summary(empty)

# Whether a module is the project's, each run asks of all
for module in list(sys.modules.values()):
    place_of(module)

os.fsync = lambda file: None  # what the disk has after a power cut, no test can ask
platform.processor()  # which xdist asks for, and a process is started to find out

gc.collect()
gc.freeze()  # so that no run looks through what is here, and copies it by that
