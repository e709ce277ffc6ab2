# Copyright (c) 2026 nogpu contributors
# SPDX-License-Identifier: MIT
"""Steps that run at the same time, each with one line on the screen and the seconds it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

T = TypeVar("T")


class Steps:
    """Runs steps in threads. A terminal shows them while they run; a log gets a line when each is done.

    Leaving the block waits for all of them and raises the first error.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._pool = ThreadPoolExecutor(max_workers=16)
        self._futures: list[Future[object]] = []
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✔"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> Steps:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=error is not None)
        self._progress.stop()
        if error is None:
            for future in self._futures:
                future.result()

    def start(self, text: str, work: Callable[..., T], *inputs: object) -> Future[T]:
        """Run `work(*inputs)` beside the other steps. For an input that is a future, wait and take its result."""
        future = self._pool.submit(self._run, text, work, inputs)
        self._futures.append(future)  # type: ignore[arg-type]  # only waited for, its result is not used
        return future

    def do(self, text: str, work: Callable[..., T], *inputs: object) -> T:
        """Run `work(*inputs)` now and return what it returns."""
        return self._run(text, work, inputs)

    def _run(self, text: str, work: Callable[..., T], inputs: tuple[object, ...]) -> T:
        values = [part.result() if isinstance(part, Future) else part for part in inputs]
        task = self._progress.add_task(text, total=None)
        start = time.monotonic()
        try:
            result = work(*values)
        except BaseException:
            self._line("[red]✘", text, start)
            raise
        finally:
            self._progress.remove_task(task)
        self._line("[green]✔", text, start)
        return result

    def _line(self, mark: str, text: str, start: float) -> None:
        self._console.print(f"{mark}[/] {text:<52} {time.monotonic() - start:6.1f} s", highlight=False)
