"""Progress: a bar on a terminal and in a notebook, a line now and then where nobody watches."""

import html
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import TracebackType
from typing import Any, NamedTuple

import rich.progress
from rich.console import Console

__all__ = ["Bar", "Progress", "Report", "stages", "training_bar"]


class Progress(NamedTuple):
    """Where training stands."""

    epoch: int
    """the epoch under way, from 1"""
    epochs: int
    """how many there will be"""
    fraction: float
    """of all epochs, done"""
    words: int
    """words of the text gone through, summed over epochs, thinned-out ones included"""
    seconds: float
    """since training began, or went on from a checkpoint"""
    loss: float | None
    """nats a pair, mean over as many of the last steps as make an epoch; None where no pair came"""
    resumed: float = 0.0
    """the fraction that was done when training went on from a checkpoint"""

    @property
    def speed(self) -> float:
        """Words a second, of those gone through in these seconds."""
        done = self.fraction - self.resumed
        here = self.words * done / self.fraction if self.fraction else 0.0
        return here / max(self.seconds, 1e-9)


Report = Callable[[Progress], object]

_PAUSE = 0.1
"""Seconds between two updates of a notebook, which keeps up with no more."""


class Bar:
    """A progress bar with a few words of news beside it, such as loss and speed.

    In a notebook one display is updated. Elsewhere, where the console is no terminal or one that
    cannot draw, a line is printed for every tenth of the way. Nothing is shown of work that ends
    within ``after`` seconds.
    """

    def __init__(self, title: str, console: Console, after: float = 0.0) -> None:
        self._title = title
        self._console = console
        self._after = after
        self._draws = console.is_terminal and not console.is_dumb_terminal
        self._ends = threading.Event()
        self._starting = threading.Lock()
        self._first: tuple[float, float] | None = None
        """when the first news came, and of which fraction: before it, programs are compiled"""
        self._tenths = 0
        self._cell: Any = None
        """the display in a notebook, once there is one"""
        self._drawn = 0.0
        """when it was updated"""
        self._bar = rich.progress.Progress(
            rich.progress.TextColumn("{task.description}"),
            rich.progress.BarColumn(),
            rich.progress.TaskProgressColumn(),
            rich.progress.TextColumn("{task.fields[news]}"),
            rich.progress.TextColumn("·"),
            rich.progress.TimeRemainingColumn(compact=True),
            rich.progress.TextColumn("left"),
            console=console,
            disable=not self._draws,
        )
        self._task = self._bar.add_task(title, total=None, news="starting")

    def update(self, fraction: float | None, news: str) -> None:
        """Show that ``fraction`` of the work is done; None where nobody knows how much it is.

        The time that is left is told by the speed since the first update.
        """
        if fraction is None:
            self._bar.update(self._task, news=news)
            return
        self._bar.update(self._task, total=1.0, completed=fraction, news=news)
        if self._draws:
            return
        now = time.perf_counter()
        began, before = self._first = self._first or (now, fraction)
        if time.monotonic() < self._begins:
            return
        said = f"{self._title} {fraction:4.0%}  {news}".rstrip()
        if fraction > before or fraction == 1:
            left = (now - began) * (1 - fraction) / max(fraction - before, 1e-9)
            said += f"  {left:.0f} s left"
        if self._console.is_jupyter:
            if now - self._drawn >= _PAUSE or fraction == 1:
                self._drawn = now
                self._show(f'value="{fraction:.4f}"', said)
        elif (tenths := int(10 * fraction + 1e-9)) > self._tenths:
            self._tenths = tenths
            self._console.print(said)

    def _show(self, value: str, said: str) -> None:
        """Draw a bar in a notebook, in the place of the one before."""
        shapes = {
            "text/plain": said,
            "text/html": f'<progress max="1" {value}></progress> {html.escape(said)}',
        }
        if self._cell is None:
            display = import_module("IPython.display").display
            self._cell = display(shapes, raw=True, display_id=True)
        else:
            self._cell.update(shapes, raw=True)

    def __enter__(self) -> "Bar":
        self._begins = time.monotonic() + self._after
        if self._after:
            if self._draws:
                threading.Thread(target=self._start_later, daemon=True).start()
        else:
            self._bar.start()
            if self._console.is_jupyter:
                self._show("", f"{self._title}  starting")
        return self

    def _start_later(self) -> None:
        self._ends.wait(self._after)
        with self._starting:
            if not self._ends.is_set():
                self._bar.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._starting:
            self._ends.set()
            self._bar.stop()


@contextmanager
def training_bar(console: Console | None = None) -> Iterator[Report]:
    """A bar for :func:`jw2v.train`, on standard error: epoch, loss, words/s and time left."""
    with Bar("training", console or Console(stderr=True, highlight=False)) as bar:

        def report(p: Progress) -> None:
            epoch = f"epoch {p.epoch}/{p.epochs}"
            loss = "no loss yet" if p.loss is None else f"loss {p.loss:.3f} nats/pair"
            bar.update(p.fraction, f"{epoch}  {loss}  {p.speed / 1e3:,.0f}k words/s")

        yield report


@contextmanager
def stages(console: Console) -> Iterator[Callable[[str, float | None], object]]:
    """A bar for work in stages, of which it is told the name, and the fraction done if known.

    A stage of unknown length has a bar that moves, and the seconds since it began. Where the
    console is not a terminal, a line is printed at the start of such a stage, and for every tenth
    of a known one after two seconds.
    """
    columns = (
        rich.progress.TextColumn("{task.description}"),
        rich.progress.BarColumn(),
        rich.progress.TaskProgressColumn(),
        rich.progress.TimeElapsedColumn(),
    )
    bar = rich.progress.Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    )
    named: str | None = None
    task: rich.progress.TaskID | None = None
    began, tenths = 0.0, 0

    def report(stage: str, fraction: float | None) -> None:
        nonlocal named, task, began, tenths
        now = time.perf_counter()
        if stage != named:
            if task is not None:
                bar.remove_task(task)
            named, began, tenths = stage, now, 0
            task = bar.add_task(stage, total=None)
            if fraction is None and not console.is_terminal:
                console.print(stage, soft_wrap=True)
        if task is not None and fraction is not None:
            bar.update(task, total=1.0, completed=fraction)
            done = int(10 * fraction + 1e-9)
            if not console.is_terminal and done > tenths and now - began > 2:
                console.print(f"{stage} {fraction:4.0%}", soft_wrap=True)
                tenths = done

    with bar:
        yield report
