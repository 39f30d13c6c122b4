"""Progress on a terminal: a bar where somebody watches, a line now and then where nobody does."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

__all__ = ["Bar"]


class Bar:
    """A progress bar with a few words of news beside it, such as loss and speed.

    Where the console is not a terminal, a line is printed for every tenth of the way.
    """

    def __init__(self, title: str, console: Console) -> None:
        self._title = title
        self._console = console
        self._began = time.perf_counter()
        self._tenths = 0
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[news]}"),
            TextColumn("·"),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=1.0, news="starting")

    def update(self, fraction: float, news: str) -> None:
        """Show that ``fraction`` of the work is done."""
        self._bar.update(self._task, completed=fraction, news=news)
        if not self._console.is_terminal and (tenths := int(10 * fraction + 1e-9)) > self._tenths:
            self._tenths = tenths
            seconds = time.perf_counter() - self._began
            left = seconds / fraction - seconds
            self._console.print(f"{self._title} {fraction:4.0%}  {news}  {left:.0f} s left")

    def __enter__(self) -> "Bar":
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
