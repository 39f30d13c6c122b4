"""One run: all epochs of a recipe over the chunks of its batches, whatever these were made of."""

import dataclasses
import itertools
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import optax
from jax.sharding import Mesh

from jw2v import meshes, steps
from jw2v.config import Config
from jw2v.feeding import batches
from jw2v.params import Params, key_of
from jw2v.progress import Report, training_bar
from jw2v.steps.step import TrainState
from jw2v.storage.fingerprints import fingerprint
from jw2v.training import footprint, processes
from jw2v.training.checkpoints import (
    Checkpoints,
    Destination,
    Position,
    seconds_between,
    without_key,
)
from jw2v.training.interrupts import LostError, interruptible
from jw2v.training.meter import DivergedError, Meter, check_start, digest
from jw2v.training.planning import Plan
from jw2v.training.recipe import Overrides, Recipe, division
from jw2v.training.starting import Earlier, Given, tables

__all__ = ["Run"]


@dataclass(frozen=True, kw_only=True)
class Run:
    """What is trained, how, and on what."""

    config: Config
    overrides: Overrides
    recipe: Callable[[Overrides], Recipe]
    chunks: Callable[[Plan, int], Iterable[Any]]
    """``(plan, epoch) ->`` its batches, those of many steps together; the same whenever asked"""
    words: int
    """of an epoch, as progress counts them"""
    labels: Sequence[str]
    """the words of the rows of V"""
    first: Earlier | Given | None
    """what the tables start from"""
    learnt_from: Callable[[], str]
    """a digest of the text or the pairs"""
    selected: Callable[[Params], Any]
    """what is kept of the tables in the end"""
    mesh: Mesh | None = None
    """the devices that share the work, where they are several"""

    @cached_property
    def made(self) -> Recipe:
        """How it is trained."""
        return self.recipe(self.overrides)

    def learn(self, keep: Destination, progress: Report | bool) -> tuple[Params, str | None]:
        """The tables in the end, and what shows that little was learnt."""
        if self.mesh is not None and (said := division(self.made, self.config, self.mesh)):
            warnings.warn(said, UserWarning, stacklevel=3)
        with interruptible(keeps=keep.folder is not None) as interrupted:
            checkpoints, keeps = self._opened(keep), keep.folder is not None
            with training_bar() if progress is True else nullcontext(progress or None) as report:
                return self._learn(checkpoints, keeps, report, interrupted)

    def _opened(self, keep: Destination) -> Checkpoints | None:
        """What keeps checkpoints; of several processes the first alone does."""
        settings = dataclasses.asdict(self.config) | self.overrides.settings()
        if self.first is not None:
            name = "start" if isinstance(self.first, Earlier) else "init"
            settings[name] = self.first.fingerprint()
        if processes.are_several():
            self._check_alike(settings, keep)
        if keep.folder is None or not processes.is_first():
            return None
        others = len(self.first.others(self.labels)) if isinstance(self.first, Earlier) else 0
        return Checkpoints(
            keep.folder,
            settings,
            self.learnt_from(),
            self.labels,
            arrays=self.made.head.arrays,
            every=seconds_between(keep.every, keep.folder),
            resume=keep.resume,
            others=others,
        )

    def _check_alike(self, settings: dict[str, Any], keep: Destination) -> None:
        """All processes do the same, or none goes on."""
        if self.mesh is None or len({d.process_index for d in self.mesh.devices.flat}) < (
            jax.process_count()
        ):
            raise ValueError(
                f"mesh: {jax.process_count()} processes train together, each of which has to have"
                f" devices of it: give a mesh of all {len(jax.devices())} devices."
            )
        mesh = (sorted(self.mesh.shape.items()), [d.id for d in self.mesh.devices.flat])
        ways = (keep.folder is None, keep.resume)
        told = {"settings": settings, "mesh": mesh, "checkpoints": ways, "jax": jax.__version__}
        digests = {name: fingerprint([repr(each).encode()]) for name, each in told.items()}
        processes.check_alike(digests | {"text": self.learnt_from()})

    def _learn(
        self,
        checkpoints: Checkpoints | None,
        keeps: bool,
        report: Report | None,
        interrupted: Callable[[], bool],
    ) -> tuple[Params, str | None]:
        config, made = self.config, self.made
        footprint.check(made, config, len(self.labels), self.mesh)
        shape = made.planned.shape
        chunks_an_epoch = made.planned.steps // shape.steps // config.epochs
        meter = Meter(config.epochs, self.words, chunks_an_epoch, report)
        try:
            state = self._all_epochs(meter, checkpoints, keeps, interrupted)
        except DivergedError:
            _, chunk = next(self._from(0, 0))
            batch = jax.tree.map(lambda column: column[0], chunk)
            plain = self.recipe(self.overrides.plain())
            with nullcontext() if self.mesh is None else jax.set_mesh(self.mesh):
                check_start(plain.step, self._begin(plain.optimizer), batch)
            raise
        except jax.errors.JaxRuntimeError as error:
            if not re.search("out of memory|RESOURCE_EXHAUSTED", str(error), re.IGNORECASE):
                if not processes.are_several():
                    raise
                processes.hear()
                raise LostError(
                    "another process of the run has ended or does not answer:"
                    f" {str(error).splitlines()[0][:200]}"
                ) from error
            raise MemoryError(footprint.too_large(made, config, len(self.labels))) from error
        return state.params, meter.complaint(made.planned.steps, new=self.first is None)

    def _begin(self, optimizer: optax.GradientTransformation) -> TrainState:
        key_init, key_steps = jax.random.split(key_of(self.config.seed))
        width, head = self.made.width, self.made.head

        def begin() -> TrainState:
            params = tables(key_init, self.labels, self.config, width, self.first, head)
            return steps.start(params, optimizer, key_steps)

        if self.mesh is None:
            return begin()
        made: TrainState
        if self.first is None:  # each device makes its own part, and no other
            made = jax.jit(begin, out_shardings=meshes.place(self.mesh, jax.eval_shape(begin)))()
        else:
            made = meshes.placed(self.mesh, begin())
        return made

    def _all_epochs(
        self,
        meter: Meter,
        checkpoints: Checkpoints | None,
        keeps: bool,
        interrupted: Callable[[], bool],
    ) -> TrainState:
        """From the beginning or from a checkpoint."""
        config, run = self.config, steps.scan_steps(self.made.step, self.mesh)
        epoch, chunk, number = 0, 0, 0
        if found := self._restored(checkpoints):
            state, (epoch, chunk, number, losses, start) = found
            if self.mesh is not None:
                state = meshes.placed(self.mesh, state)
            meter.resume(epoch, chunk, losses, start)
            first = None
        else:
            state = self._begin(self.made.optimizer)
            first = int(digest(self.selected(state.params)))
        # Closed whatever happens: its thread must not be in JAX when the interpreter ends.
        with closing(batches.prefetch(self._from(epoch, chunk))) as prefetched:
            for now, batch in prefetched:
                epoch, chunk = now, (chunk if now == epoch else 0)
                state, totals = run(state, batch)
                meter.add(epoch, totals)
                chunk, number = chunk + 1, number + 1
                due = checkpoints is not None and checkpoints.due()
                stop, due = processes.any_of(interrupted(), due)
                if keeps and (stop or due):
                    self._save(checkpoints, state, meter, (epoch, chunk, number))
                if stop:
                    processes.part()
                    raise KeyboardInterrupt
            meter.check(state.params)
            if first is not None:
                meter.check_learnt(first, self.selected(state.params))
            if keeps:
                self._save(checkpoints, state, meter, (config.epochs, 0, number))
        return state

    def _save(
        self,
        checkpoints: Checkpoints | None,
        state: TrainState,
        meter: Meter,
        at: tuple[int, int, int],
    ) -> None:
        """Write a checkpoint of a state that can be gone on with."""
        meter.check(state.params)
        if processes.are_several():
            state = meshes.fetched(state)
        if checkpoints is not None:
            checkpoints.save(state, Position(*at, *meter.learnt))
        processes.meet()

    def _restored(self, checkpoints: Checkpoints | None) -> tuple[TrainState, Position] | None:
        """The state of the newest checkpoint, which all processes have from the first."""
        found: tuple[TrainState, Position] | None = None

        def begin() -> TrainState:
            return self._begin(self.made.optimizer)

        def position() -> dict[str, Any] | None:
            nonlocal found
            found = None if checkpoints is None else checkpoints.restore(begin)
            return None if found is None else found[1]._asdict()

        at = processes.of_first(position)
        if at is None or not processes.are_several():
            return found
        held = None if found is None else without_key(found[0])
        state = processes.broadcast(held, jax.eval_shape(lambda: without_key(begin())))
        return state._replace(key=jax.random.wrap_key_data(state.key)), Position(**at)

    def _from(self, epoch: int, chunk: int) -> Iterator[tuple[int, Any]]:
        """The chunks from a position on, each with its epoch."""
        for now in range(epoch, self.config.epochs):
            first = chunk if now == epoch else 0
            for batch in itertools.islice(self.chunks(self.made.planned, now), first, None):
                yield now, batch if self.mesh is None else meshes.dealt(self.mesh, batch)
