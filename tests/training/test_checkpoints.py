"""Checkpoints: a run that was killed and resumed ends as one that was not; damage is survived."""

import dataclasses
import gc
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import get_args

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import jw2v
from jw2v import Config, losses, steps
from jw2v.choices import Loss
from jw2v.params import Params
from jw2v.reading import corpus
from jw2v.steps.optimizers import curvature_bounded_sgd
from jw2v.storage import archive
from jw2v.training import checkpoints, interrupts, meter
from stopping import CONFIG, TEXT, StopError, stop_after
from topics import two_topics

pytest.importorskip("orbax.checkpoint", reason="needs the extra checkpoint")


def train(folder: Path | None, config: Config = CONFIG, text=TEXT, **arguments) -> np.ndarray:
    every = None if folder is None else 0
    vectors = jw2v.train(
        text, config, checkpoint_dir=folder, checkpoint_every=every, **arguments
    ).vectors
    return np.array(vectors)


REPORTS: list[jw2v.Progress] = []
"""What the run of ``whole`` reported."""


@pytest.fixture(scope="module")
def whole() -> np.ndarray:
    """The vectors of a run without checkpoints."""
    return jw2v.train(TEXT, CONFIG, progress=REPORTS.append).vectors


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoints of a run that ended in its third epoch, which no test touches."""
    folder = tmp_path_factory.mktemp("ended") / "run"
    with pytest.raises(StopError):
        train(folder, progress=stop_after(22))
    return folder


@pytest.fixture
def ended(original: Path, tmp_path: Path) -> Path:
    """A copy of them, for one test."""
    return shutil.copytree(original, tmp_path / "run")


def test_checkpoints_change_nothing(tmp_path: Path, whole: np.ndarray) -> None:
    assert (train(tmp_path / "run") == whole).all()


@pytest.mark.parametrize("after", [1, 9, 10, 25])
def test_a_resumed_run_ends_as_one_that_was_not(
    after: int, tmp_path: Path, whole: np.ndarray
) -> None:
    with pytest.raises(StopError):
        train(tmp_path / "run", progress=stop_after(after))
    seen = []
    assert (train(tmp_path / "run", resume=True, progress=seen.append) == whole).all()
    assert len(seen) <= len(REPORTS) - after + 1, "it began again"
    assert seen[-1].loss == pytest.approx(REPORTS[-1].loss)
    assert seen[-1].fraction == 1


@pytest.mark.parametrize(
    "optimizer",
    [
        pytest.param(optax.adam(0.01), marks=pytest.mark.long),
        optax.chain(optax.clip(1.0), optax.adagrad(0.1)),
    ],
)
def test_the_state_of_an_optimizer_is_kept(optimizer, tmp_path: Path) -> None:
    arguments = {"optimizer": optimizer, "update": "rows"}
    with pytest.raises(StopError):
        train(tmp_path / "run", progress=stop_after(5), **arguments)
    resumed = train(tmp_path / "run", resume=True, **arguments)
    assert (resumed == train(None, **arguments)).all()


@pytest.mark.parametrize(
    "loss",
    [
        pytest.param(n, marks=[pytest.mark.long] * (n != "negative-sampling"))
        for n in get_args(Loss)
    ],
)
def test_bags_are_gone_on_from(loss: Loss, tmp_path: Path) -> None:
    config = replace(CONFIG, model="cbow", loss=loss, epochs=2)
    with pytest.raises(StopError):
        train(tmp_path / "run", config, progress=stop_after(5))
    if loss == "hierarchical-softmax":
        found = checkpoints.load(tmp_path / "run")
        assert found.dim == CONFIG.dim
        assert found.arrays["theta"].shape == (7, CONFIG.dim)
        assert (found.arrays["signs"][:, 0] != 0).all()
    resumed = train(tmp_path / "run", config, resume=True)
    assert (resumed == train(None, config)).all()


def test_fewer_epochs_are_another_run(ended: Path) -> None:
    """What is kept was learnt in more of them: it is not what a run of fewer would give."""
    with pytest.raises(ValueError, match="epochs was 4 and is 3"):
        train(ended, replace(CONFIG, epochs=3), resume=True)


def test_more_epochs_may_be_asked_for(ended: Path) -> None:
    longer = replace(CONFIG, epochs=6)
    seen = []
    train(ended, longer, resume=True, progress=seen.append)
    assert seen[0].epoch == 3
    assert seen[-1].epoch == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dim": 9}, "dim was 8 and is 9"),
        ({"model": "cbow"}, "model was 'skip-gram' and is 'cbow'"),
        ({"seed": 1, "window": 3}, "seed was 0 and is 1; window was 2 and is 3"),
    ],
)
def test_other_settings_are_refused(ended: Path, change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        train(ended, replace(CONFIG, **change), resume=True)


def test_another_text_is_refused(ended: Path) -> None:
    with pytest.raises(ValueError, match="the text is another"):
        train(ended, text=two_topics(3000, seed=1), resume=True)


OWN = {"optimizer": optax.adagrad(0.1), "pair_loss": losses.negative_sampling}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"optimizer": optax.adam(0.1), "update": "rows"}),
        ({"optimizer": optax.adagrad(0.1)}, {"optimizer": optax.adagrad(0.1), "update": "rows"}),
        ({"optimizer": optax.adagrad(0.1)}, {"optimizer": optax.sgd(0.1)}),
        (OWN, {"optimizer": optax.adagrad(0.1)}),
        ({}, {"schedule": optax.linear_schedule(0.1, 0, 10)}),
    ],
    ids=["optimizer", "update", "the optimizer's kind", "pair_loss", "schedule"],
)
def test_another_way_of_training_is_refused(tmp_path: Path, before: dict, after: dict) -> None:
    """It divides the text among other steps, or takes them otherwise."""
    with pytest.raises(StopError):
        train(tmp_path / "run", progress=stop_after(3), **before)
    with pytest.raises(ValueError, match="are of another run"):
        train(tmp_path / "run", resume=True, **after)


def test_checkpoints_are_not_written_over(ended: Path) -> None:
    with pytest.raises(ValueError, match="holds checkpoints already: resume"):
        train(ended)


def test_resuming_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="resume needs checkpoint_dir"):
        train(None, resume=True)


def test_without_a_checkpoint_a_resumed_run_begins(tmp_path: Path, whole: np.ndarray) -> None:
    assert (train(tmp_path / "new", resume=True) == whole).all()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(NotADirectoryError, match="not a folder"):
        train(tmp_path / "run")


def newest(folder: Path) -> Path:
    return max(
        (path for path in folder.iterdir() if path.name.isdigit()), key=lambda p: int(p.name)
    )


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0x55
    file.write_bytes(content)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-7])


def restored(folder: Path) -> tuple[steps.TrainState, checkpoints.Position]:
    read = corpus.read(TEXT, min_count=1)
    tables = Params(*np.zeros((2, len(read.vocabulary), CONFIG.dim), np.float32))
    rule = curvature_bounded_sgd(0.05, 2.0)
    settings = dataclasses.asdict(CONFIG)
    words = read.vocabulary.words
    kept = checkpoints.Checkpoints(
        folder, settings, read.fingerprint(), words, every=0, resume=True
    )
    found = kept.restore(lambda: steps.start(tables, rule, jax.random.key(0)))
    assert found is not None
    return found


def numbers(state: steps.TrainState) -> list[np.ndarray]:
    return [
        np.asarray(x) for x in jax.tree.leaves(state._replace(key=jax.random.key_data(state.key)))
    ]


# Orbax's tasks complain from their own threads when a file is not what it was.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_any_damaged_file_falls_back_or_does_no_harm(ended: Path, tmp_path: Path) -> None:
    last = newest(ended)
    good = {int(last.name): numbers(restored(ended)[0])}
    without = tmp_path / "without"
    shutil.copytree(ended, without)
    shutil.rmtree(without / last.name)
    good[int(newest(without).name)] = numbers(restored(without)[0])
    assert len(good) == 2

    files = [f.relative_to(ended) for f in last.rglob("*") if f.is_file() and f.stat().st_size]
    assert len(files) > 5
    fell_back = 0
    for number, file in enumerate(files):
        for damage in (flip, truncate, Path.unlink):
            copy = tmp_path / f"{number}{damage.__name__}"
            shutil.copytree(ended, copy)
            damage(copy / file)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                state, position = restored(copy)
            for ours, theirs in zip(numbers(state), good[position.step], strict=True):
                np.testing.assert_array_equal(ours, theirs, f"{damage.__name__} of {file}")
            said = any("is damaged, so the one before it" in str(w.message) for w in caught)
            assert said == (position.step != int(last.name))
            fell_back += said
    assert fell_back >= 5
    gc.collect()  # so that what Orbax left behind complains here


FORGERIES = [
    {"position": {"epoch": "2", "chunk": 1, "step": 22, "losses": []}},
    {"position": {"epoch": 2, "chunk": -1, "step": 22, "losses": []}},
    {"position": {"epoch": 2, "chunk": 1, "step": 22, "losses": [1]}},
    {"position": {"epoch": 2, "chunk": 1, "step": 22, "losses": [["a", 1]]}},
    {"position": {"epoch": 2}},
    {"position": [2, 2, 22, []]},
    {"settings": 3},
    {"settings": {}},
    {"text": 5},
    {"arrays": {}},
    {"arrays": [1]},
]


def test_a_forged_record_is_refused(ended: Path) -> None:
    """Its seal is right, and what it says is not what a run writes."""
    file = newest(ended) / "record" / "metadata"
    whole = json.loads(file.read_text())
    for change in ({}, *FORGERIES):
        record = {**whole, **change}
        del record["seal"]
        file.write_text(json.dumps({**record, "seal": archive._seal(record)}))
        if not change:
            assert restored(ended)[1].step == int(newest(ended).name)
            continue
        for read in (restored, checkpoints.load):
            with pytest.raises(ValueError, match="a checkpoint that jw2v did not write"):
                read(ended)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_where_every_checkpoint_is_damaged(ended: Path) -> None:
    for file in ended.rglob("metadata"):
        truncate(file)
    with pytest.warns(RuntimeWarning), pytest.raises(ValueError, match="every checkpoint in"):
        restored(ended)
    gc.collect()


def test_orbax_keeps_its_log_to_itself(tmp_path: Path) -> None:
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "run"), str(tmp_path / "v.bin"), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("ready\n", "")


def test_a_full_disk_costs_a_checkpoint_and_no_more(
    tmp_path: Path, whole: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orbax.checkpoint import CheckpointManager

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(CheckpointManager, "save", full)
    with pytest.warns(RuntimeWarning, match="No space left on device"):
        assert (train(tmp_path / "run") == whole).all()


def test_divergence_leaves_the_last_good_checkpoint(tmp_path: Path) -> None:
    def rate(step):
        return jnp.where(step < 200, 0.01, 1e30)

    with pytest.raises(meter.DivergedError):
        train(tmp_path / "run", optimizer=optax.sgd(rate), update="rows")
    assert newest(tmp_path / "run").is_dir()
    state = json.loads((newest(tmp_path / "run") / "record" / "metadata").read_text())
    assert np.isfinite(state["position"]["losses"]).all()


SCRIPT = f"""
import signal, sys
from dataclasses import replace
signal.signal(signal.SIGINT, signal.default_int_handler)  # the tests may run in the background
sys.path.insert(0, {str(Path(__file__).parent)!r})
from stopping import CONFIG, TEXT
import jw2v
folder, out, every = sys.argv[1:]
print("ready", flush=True)
jw2v.train(
    TEXT, CONFIG, checkpoint_dir=folder, checkpoint_every=float(every), resume=True
).save(out)
"""


def test_killed_at_random_moments(tmp_path: Path, whole: np.ndarray) -> None:
    """SIGKILL, again and again, until a run gets through."""
    rng = random.Random(0)
    folder, out = tmp_path / "run", tmp_path / "v.safetensors"
    command = [sys.executable, "-c", SCRIPT, str(folder), str(out), "0"]
    kills = in_checkpoints = 0
    while kills < KILLS or not out.exists():
        if out.exists():
            out.unlink()
            shutil.rmtree(folder)
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert process.stdout is not None
        process.stdout.readline()
        try:
            process.wait(rng.uniform(0.5, 6 + 2 * kills))  # longer and longer, to get through
            assert process.returncode == 0
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
            in_checkpoints += any("orbax-checkpoint-tmp" in p.name for p in folder.glob("*"))
        process.stdout.close()
    assert (jw2v.WordVectors.load(out).vectors == whole).all()
    print(f"{kills} kills, {in_checkpoints} of them in the middle of a checkpoint")


KILLS = int(os.environ.get("JW2V_KILLS", "2"))
"""docs/reliability.md says how many there were when it was written."""


def test_ctrl_c_writes_a_checkpoint_first(tmp_path: Path, whole: np.ndarray) -> None:
    folder, out = tmp_path / "run", tmp_path / "v.safetensors"
    config = replace(CONFIG, epochs=400)
    script = SCRIPT.replace(
        "TEXT, CONFIG,", "TEXT, CONFIG.__class__(**{**vars(CONFIG), 'epochs': 400}),"
    )
    command = [sys.executable, "-c", script, str(folder), str(out), "1e9"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(6)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in errors
    assert newest(folder).is_dir()
    seen = []
    with pytest.raises(StopError):
        train(folder, config, resume=True, progress=lambda p: (seen.append(p), stop_after(1)(p)))
    assert seen[0].fraction > 0


@pytest.fixture
def handled() -> Iterator[None]:
    """Ctrl-C as it is in the foreground, wherever the tests run."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def interrupt_twice() -> None:
    with interrupts.interruptible(keeps=True) as interrupted:
        assert not interrupted()
        signal.raise_signal(signal.SIGINT)
        assert interrupted()
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("handled")
def test_interruptible_raises_at_the_second_time() -> None:
    with pytest.raises(KeyboardInterrupt):
        interrupt_twice()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.usefixtures("handled")
def test_interruptible_leaves_alone_what_is_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.interruptible(keeps=True) as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert not interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_what_falls_due_after_a_damaged_checkpoint_is_written(tmp_path: Path, whole) -> None:
    """Above the damaged one, which is the newest by its number."""
    run = tmp_path / "run"
    with pytest.raises(StopError):
        train(run, progress=stop_after(20))
    numbers = [int(entry.name) for entry in run.iterdir() if entry.name.isdecimal()]
    files = [file for file in (run / str(max(numbers))).rglob("*") if file.is_file()]
    largest = max(files, key=lambda file: file.stat().st_size)
    damaged = bytearray(largest.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    largest.write_bytes(damaged)
    with pytest.warns(RuntimeWarning, match="damaged"), pytest.raises(StopError):
        train(run, resume=True, progress=stop_after(8))
    kept = sorted(int(entry.name) for entry in run.iterdir() if entry.name.isdecimal())
    assert kept[-1] > max(numbers)
    seen: list[jw2v.Progress] = []
    assert (train(run, resume=True, progress=seen.append) == whole).all()
    assert len(seen) < len(REPORTS) - 21, "it went on from before the damaged one"


def test_an_entry_that_the_archive_declines_is_not_taken_for_written(tmp_path: Path) -> None:
    held = archive.Archive(tmp_path / "run")
    assert held.save(5, {}, {"x": jnp.ones(2)})
    with pytest.warns(RuntimeWarning, match="number 3 is not above those that are there"):
        assert not held.save(3, {}, {"x": jnp.ones(2)})
    assert held.numbers() == [5]


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_of_somebody_else_is_not_taken_for_a_checkpoint(
    resume: bool, ended: Path, tmp_path: Path
) -> None:
    """Those with numbers for names would be removed as old ones."""
    folder = ended if resume else tmp_path
    photo = folder / "2020" / "photo.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"precious")
    with pytest.raises(ValueError, match=r"2020 is a folder that jw2v did not write"):
        train(folder, resume=resume)
    assert photo.read_bytes() == b"precious"
    shutil.rmtree(photo.parent)
    train(folder, resume=resume)
