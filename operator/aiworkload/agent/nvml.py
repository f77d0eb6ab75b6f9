# SPDX-License-Identifier: Apache-2.0
"""How busy NVIDIA's accelerators are, by the driver's own library where it is there.

Called through ctypes, because the library comes with the driver and no package of ours may need it. The functions and
structures are those of `nvml.h`, whose names with a version have been stable since CUDA 5.
"""

import ctypes
import logging
from collections.abc import Callable
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint, c_ulonglong, c_void_p, create_string_buffer
from dataclasses import dataclass
from typing import Any, Final

_log = logging.getLogger(__name__)

LIBRARY: Final = "libnvidia-ml.so.1"
UUID_BYTES: Final = 96
"""NVML_DEVICE_UUID_V2_BUFFER_SIZE"""
MOST_DEVICES: Final = 32
"""As a report holds."""
_NOT_SUPPORTED: Final = 3
"""NVML_ERROR_NOT_SUPPORTED"""
_MEBIBYTE: Final = 2**20


class NvmlError(Exception):
    """A call of the library failed; the sentence says which, and with what code."""


@dataclass(frozen=True, slots=True)
class AcceleratorUse:
    """One device, as the driver sees it."""

    uuid: str
    use_percent: int | None
    """Of the last sampling period, a sixth of a second to a second, in which something was computed; None where the
    driver does not tell, as for one that is cut in parts (MIG)."""
    memory_mebibytes: int
    memory_used_mebibytes: int


class _Utilization(Structure):
    _fields_ = (("gpu", c_uint), ("memory", c_uint))


class _Memory(Structure):
    _fields_ = (("total", c_ulonglong), ("free", c_ulonglong), ("used", c_ulonglong))


class Nvml:
    """The library, once it is there. A machine without it has no such accelerators."""

    def __init__(self, load: Callable[[str], Any] = ctypes.CDLL) -> None:
        self._library = self._loaded(load)
        self._ready = False
        self._trouble = ""

    def look(self) -> tuple[AcceleratorUse, ...]:
        """All devices; none when the driver does not answer, which is said once."""
        if self._library is None:
            return ()
        try:
            found = self._devices()
        except NvmlError as error:
            if str(error) != self._trouble:
                _log.warning("the accelerators' use is not reported: %s", error)
            self._trouble, self._ready = str(error), False
            return ()
        self._trouble = ""
        return found

    def _loaded(self, load: Callable[[str], Any]) -> Any:  # noqa: ANN401 -- ctypes has no types for a library
        try:
            library = load(LIBRARY)
        except OSError:
            return None
        library.nvmlDeviceGetCount_v2.argtypes = (POINTER(c_uint),)
        library.nvmlDeviceGetHandleByIndex_v2.argtypes = (c_uint, POINTER(c_void_p))
        library.nvmlDeviceGetUUID.argtypes = (c_void_p, c_char_p, c_uint)
        library.nvmlDeviceGetUtilizationRates.argtypes = (c_void_p, POINTER(_Utilization))
        library.nvmlDeviceGetMemoryInfo.argtypes = (c_void_p, POINTER(_Memory))
        for name in ("Init_v2", "DeviceGetCount_v2", "DeviceGetHandleByIndex_v2", "DeviceGetUUID"):
            getattr(library, f"nvml{name}").restype = c_int
        return library

    def _devices(self) -> tuple[AcceleratorUse, ...]:
        if not self._ready:
            self._call("nvmlInit_v2")
            self._ready = True
        count = c_uint()
        self._call("nvmlDeviceGetCount_v2", byref(count))
        return tuple(self._device(index) for index in range(min(count.value, MOST_DEVICES)))

    def _device(self, index: int) -> AcceleratorUse:
        handle, uuid = c_void_p(), create_string_buffer(UUID_BYTES)
        use, memory = _Utilization(), _Memory()
        self._call("nvmlDeviceGetHandleByIndex_v2", index, byref(handle))
        self._call("nvmlDeviceGetUUID", handle, uuid, UUID_BYTES)
        used = self._call("nvmlDeviceGetUtilizationRates", handle, byref(use), also=_NOT_SUPPORTED) == 0
        self._call("nvmlDeviceGetMemoryInfo", handle, byref(memory))
        return AcceleratorUse(
            uuid=uuid.value.decode("ascii", errors="replace"),
            use_percent=min(100, int(use.gpu)) if used else None,
            memory_mebibytes=int(memory.total) // _MEBIBYTE,
            memory_used_mebibytes=int(memory.used) // _MEBIBYTE,
        )

    def _call(self, name: str, *arguments: object, also: int = 0) -> int:
        code = int(getattr(self._library, name)(*arguments))
        if code not in (0, also):
            raise NvmlError(f"{name} answered {code}")
        return code
