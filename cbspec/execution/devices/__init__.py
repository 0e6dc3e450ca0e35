"""Device families: what stages compute on. One module each, and those that a project brings."""

from cbspec.execution.devices.cpu import Cpu
from cbspec.execution.devices.cuda import Cuda
from cbspec.execution.devices.family import DeviceFamily, TorchBuild
from cbspec.execution.devices.registry import BUILT_IN, FAMILIES, load, suited

__all__ = ["BUILT_IN", "FAMILIES", "Cpu", "Cuda", "DeviceFamily", "TorchBuild", "load", "suited"]
