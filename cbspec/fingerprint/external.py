"""What is known of code from outside the project: what calls nothing back, and what hands out the
project by name.
"""

from __future__ import annotations

import builtins

# fmt: off
IMPORTERS = frozenset({"import_module", "__import__"})

OPEN_ATTRIBUTES = frozenset({
    "__globals__", "cr_frame", "exec_module", "f_builtins", "f_globals", "f_locals", "gi_frame", "load_module",
    "tb_frame",
})
"""Attributes that lead from an object of any kind to a whole namespace."""

BUILTINS = frozenset(dir(builtins)) | {"__file__", "__path__", "__class__", "__annotations__", "__builtins__"}

NAMESPACE_BUILTINS = frozenset({"globals", "vars"})
"""They give the module that they are called in."""

OPEN_BUILTINS = frozenset({"locals", "eval", "exec", "compile", "__builtins__"})
"""They can reach anything."""

_OPEN_MODULES = frozenset({"sys", "importlib", "inspect", "runpy", "pkgutil", "pickle", "dill", "cloudpickle", "gc"})
_OPEN = (
    "cloudpickle.load",
    "dill.load",
    "gc.get_",
    "importlib.machinery",
    "importlib.reload",
    "importlib.util.LazyLoader",
    "importlib.util.module_from_spec",
    "inspect.currentframe",
    "inspect.getmodule",
    "inspect.stack",
    "joblib.load",
    "pickle.Unpickler",
    "pickle.load",
    "pkgutil.",
    "pydoc.locate",
    "runpy.run_",
    "sys._getframe",
    "sys.modules",
    "torch.load",
    "unittest.mock.patch",
)
_PURE_BUILTINS = frozenset({
    "abs", "all", "any", "bool", "bytes", "classmethod", "complex", "dict", "divmod", "enumerate", "float", "frozenset",
    "getattr", "hasattr", "hash", "int", "isinstance", "issubclass", "len", "list", "max", "min", "object", "pow",
    "property", "range", "repr", "reversed", "round", "set", "slice", "sorted", "staticmethod", "str", "sum", "super",
    "tuple", "zip",
})
_PURE_MODULES = ("math.", "cmath.", "functools.", "itertools.", "dataclasses.", "typing.", "collections.", "contextlib.", "enum.")
_PURE = frozenset({
    "abc.abstractmethod", "logging.getLogger", "msgspec.field", "operator.attrgetter", "operator.itemgetter",
    "os.environ.get", "os.getenv", "os.path.join", "re.compile", "textwrap.dedent", "torch.compile", "torch.device",
    "torch.enable_grad", "torch.inference_mode", "torch.jit.ignore", "torch.jit.script", "torch.no_grad", "torch.tensor",
})
_CALLING_BACK = frozenset({"functools.reduce", "itertools.accumulate", "itertools.starmap"})

PURE_METHODS = frozenset({
    "copy", "count", "difference", "endswith", "format", "get", "index", "intersection", "items", "join", "joinpath",
    "keys", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "resolve", "rstrip", "split", "startswith",
    "strip", "title", "union", "upper", "values", "with_suffix",
})
"""Of strings, paths and the containers of the standard library."""
# fmt: on


def is_open(name: str) -> bool:
    """Tell whether something outside the project, by its dotted name, hands out any of the
    project's objects by a computed name.
    """
    return name in _OPEN_MODULES or name.startswith(_OPEN)


def is_pure(name: str) -> bool:
    """Tell whether calling it leaves the project's objects as they are.

    A class, recognized by its capital letter, is assumed to.
    """
    head, _, rest = name.partition(".")
    if head == "builtins":
        return rest in _PURE_BUILTINS or (rest in BUILTINS and rest[:1].isupper())
    if name in _CALLING_BACK or "register" in name:
        return False
    tail = name.rpartition(".")[2]
    return (
        name in _PURE
        or name.startswith(_PURE_MODULES)
        or (tail[:1].isupper() and not tail.isupper())
    )
