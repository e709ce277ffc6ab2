# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Measure how fast memory can be read in sequence. This decides the speed of a model's answer on a CPU.

The C library's memchr looks for a byte that is not there. So it reads every byte, with the best vector instructions of
the CPU. ctypes releases Python's lock meanwhile, and nothing has to be installed. Compared on a virtual
machine with two cores (AMD Zen, DDR5), medians of seven, in GB/s, one thread / two threads: memchr 39 / 48, a sum in C
compiled with -O3 for this CPU 38 / 47, numpy's sum 30 / 42, memcmp 40 / 50. Repetitions a minute later differed by
20 %, because of other virtual machines on the same hardware. Without ctypes bytearray.find does the same in one thread
(37 / -): a lower bound.
"""

from __future__ import annotations

import mmap
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Callable

from ..host.values import MIB

ROUNDS = 5
PASSES = 4  # per round, so that the start of the threads (0.1 ms) does not count
WANTED_BYTES = 256 * MIB
LEAST_BYTES = 64 * MIB
BUDGET_SECONDS = 2.0


class BandwidthError(Exception):
    """The bandwidth cannot be measured here; the text says why."""


def measure(threads: int, available_bytes: int | None, cache_bytes: int = 0) -> tuple[float, str]:
    """Return the bytes per second that `threads` threads read together, and the method in words.

    The buffer is 256 MiB or four times the last cache, but at most a quarter of the available memory.
    Raises BandwidthError when that leaves less than 64 MiB, or less than twice the cache.
    """
    size = max(WANTED_BYTES, 4 * cache_bytes)
    if available_bytes is not None:
        size = min(size, available_bytes // 4)
    if size < max(LEAST_BYTES, 2 * cache_bytes):
        raise BandwidthError(
            f"a quarter of the available memory is {size // MIB} MiB "
            f"({max(LEAST_BYTES, 2 * cache_bytes) // MIB} MiB are needed to get past the caches)"
        )
    size -= size % (threads * mmap.PAGESIZE)
    mib = size // MIB
    try:
        speed = _measure_memchr(size, threads)
    except (ImportError, AttributeError, OSError):  # Python without ctypes, or a C library without memchr
        return _measure_find(size), f"bytearray.find over {mib} MiB, 1 thread, median of {ROUNDS}: a lower bound"
    return speed, f"memchr over {mib} MiB, {threads} thread{'s' if threads > 1 else ''}, median of {ROUNDS}"


def _measure_memchr(size: int, threads: int) -> float:
    """Let each thread read its own part of one buffer."""
    import ctypes

    memchr = ctypes.CDLL(None).memchr
    memchr.argtypes, memchr.restype = (ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t), ctypes.c_void_p
    buffer = ctypes.create_string_buffer(size)
    start, part = ctypes.addressof(buffer), size // threads
    # Pages that were never written are all the same page of zeros, which stays in the cache.
    ctypes.memset(start, 1, size)

    def read(number: int) -> None:
        for _pass in range(PASSES):
            memchr(start + number * part, 2, part)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        return _median(lambda: list(pool.map(read, range(threads))), PASSES * size)


def _measure_find(size: int) -> float:
    buffer = bytearray(b"\1") * size
    return _median(lambda: buffer.find(b"\2"), size)


def _median(read: Callable[[], object], size: int) -> float:
    """Return the median speed of five readings of `size` bytes; fewer on a slow machine, to keep within the time."""
    speeds: list[float] = []
    start = time.perf_counter()
    while len(speeds) < ROUNDS and (not speeds or time.perf_counter() - start < BUDGET_SECONDS):
        before = time.perf_counter()
        read()
        speeds.append(size / (time.perf_counter() - before))
    return statistics.median(speeds)
