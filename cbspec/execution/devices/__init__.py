"""Device families: the kinds of device that stages compute on. One module for each family."""

from cbspec.execution.devices.cpu import Cpu
from cbspec.execution.devices.cuda import Cuda
from cbspec.execution.devices.family import DeviceFamily, TorchBuild
from cbspec.execution.devices.registry import BUILT_IN, FAMILIES, load, suited

__all__ = ["BUILT_IN", "FAMILIES", "Cpu", "Cuda", "DeviceFamily", "TorchBuild", "load", "suited"]
