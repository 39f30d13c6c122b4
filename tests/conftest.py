"""What every test file shares: the annotation check, the Hypothesis profile, the data at hand."""

import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jax
import jaxtyping
import pytest
from hypothesis import HealthCheck, settings

# On a GPU rows are added in no fixed order, unless this is set before JAX starts, and tests compare
# runs bit for bit. It changes nothing on a processor.
os.environ["XLA_FLAGS"] = os.environ.get("XLA_FLAGS", "") + " --xla_gpu_deterministic_ops=true"

# Compiling is what tests spend most of their time on. Outside the long tier XLA writes plainer
# machine code than users get, in a fifth of the time. What it does to the formulas before that is
# the same. jaxlib 0.11 has but one emitter of loops.
PLAIN_CODE = "--xla_backend_optimization_level=0 --xla_cpu_parallel_codegen_split_count=1"
if jax.__version_info__ < (0, 11):
    PLAIN_CODE += " --xla_cpu_use_fusion_emitters=false"

# What one test compiled is read by the others, in every process and in the next run. It changes
# no bit: a test of training says so.
COMPILED = {
    "jax_compilation_cache_dir": str(Path(__file__).parents[1] / ".pytest_cache" / "jax"),
    "jax_persistent_cache_min_compile_time_secs": 0.02,
    "jax_persistent_cache_min_entry_size_bytes": -1,
}
for setting, value in COMPILED.items():
    os.environ[setting.upper()] = str(value)
    jax.config.update(setting, value)

# Proofs and programs are made of many small objects, few of them in circles.
gc.set_threshold(20_000, 20, 20)

# Before anything imports jw2v: its annotations are checked here, and cost its users nothing.
CHECK = jaxtyping.install_import_hook("jw2v", "annotations.check")
pytest.register_assert_rewrite("laws", "tolerances")

# The same examples on every machine: a failure seen once is seen again. Compiling takes the time
# of an example's first run, so no example has a deadline. Fixtures such as x64 set a state for the
# whole of a test, and need no reset between its examples.
settings.register_profile(
    "jw2v",
    derandomize=True,
    deadline=None,
    max_examples=50,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
settings.load_profile("jw2v")

# Wrong functions, written by others: they are data, and change settings of JAX where imported.
collect_ignore = ["check/strangers"]

SHARED = Path(__file__).parents[2] / "shared"
SLOW_ROOMS = {
    *("cli", "derivations", "examples", "laws", "objectives"),
    *("pictures", "steps", "studies", "training", "tutorial"),
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--tier",
        choices=("quick", "full", "long"),
        default="full",
        help="quick: the rooms that take seconds; full (the default): all but the tests marked"
        " long; long: all",
    )
    parser.addoption(
        "--as-users",
        action="store_true",
        help="compile to the machine code that users get, as the long tier does",
    )


def as_users(config: pytest.Config) -> bool:
    """Whether tests are compiled to the machine code that users get."""
    return config.getoption("--tier") == "long" or config.getoption("--as-users")


def pytest_configure(config: pytest.Config) -> None:
    """Say how to compile, before anything is compiled, here and in the processes of tests."""
    config.plain_code = "" if as_users(config) else PLAIN_CODE
    os.environ["XLA_FLAGS"] = f"{config.plain_code} {os.environ['XLA_FLAGS']}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a tier leaves out: deselected, so that it is counted and is no skip."""
    tier = config.getoption("--tier")

    def wanted(item: pytest.Item) -> bool:
        if tier == "long":
            return True
        if item.get_closest_marker("machine_code") and not as_users(config):
            return False  # tests/laws/test_as_users.py runs them
        slow = item.path.parent.name in SLOW_ROOMS or item.get_closest_marker("slow")
        return not item.get_closest_marker("long") and not (tier == "quick" and slow)

    left_out = [item for item in items if not wanted(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = filter(wanted, items)


@pytest.fixture
def x64() -> Iterator[None]:
    """Double precision for one test."""
    with jax.enable_x64(True):
        yield


@pytest.fixture
def unchecked() -> Iterator[None]:
    """The annotation check off, so that wrong arguments reach jw2v's own errors."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of data that lies beside the repository, not in it."""
    folder = SHARED / "data"
    if not folder.is_dir():
        pytest.skip("needs the data beside the repository: no ../shared/data here")
    return folder


@pytest.fixture(scope="session")
def golden_windows(shared_data: Path) -> list[dict]:
    """Losses and gradients of whole windows, from an independent program."""
    file = shared_data / "golden" / "cs224n_a2.json"
    if not file.is_file():
        pytest.skip(f"needs {file.relative_to(shared_data.parents[1])}, which is not here")
    return json.loads(file.read_text(encoding="utf-8"))["cases"]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str | bytes], Path]:
    """Writes a text file, always the same one."""
    path = tmp_path_factory.mktemp("corpus") / "text.txt"

    def write(content: str | bytes) -> Path:
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command line; returns (exit code, standard output, standard error)."""
    from jw2v import cli

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["jw2v", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        return code, *capsys.readouterr()

    return run
