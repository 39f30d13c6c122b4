"""Progress on a terminal: a bar where somebody watches, a line now and then where nobody does."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import NamedTuple

import rich.progress
from rich.console import Console

__all__ = ["Bar", "Progress", "Report", "training_bar"]


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


class Bar:
    """A progress bar with a few words of news beside it, such as loss and speed.

    Where the console is not a terminal, or one that cannot draw, a line is printed for every tenth
    of the way. Nothing is shown of work that ends within ``after`` seconds.
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
        now = time.perf_counter()
        began, before = self._first = self._first or (now, fraction)
        if self._draws or time.monotonic() < self._begins:
            return
        if (tenths := int(10 * fraction + 1e-9)) > self._tenths:
            self._tenths = tenths
            said = f"{self._title} {fraction:4.0%}  {news}".rstrip()
            if fraction > before or fraction == 1:
                left = (now - began) * (1 - fraction) / max(fraction - before, 1e-9)
                said += f"  {left:.0f} s left"
            self._console.print(said)

    def __enter__(self) -> "Bar":
        self._begins = time.monotonic() + self._after
        if not self._after:
            self._bar.start()
        elif self._draws:
            threading.Thread(target=self._start_later, daemon=True).start()
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
