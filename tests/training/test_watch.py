"""How processes find each other and notice a loss: in threads, each with a watch of its own."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import pytest

from jw2v.training import interrupts, watch
from jw2v.training.interrupts import LostError
from jw2v.training.watch import Watch as Real

HOST = "127.0.0.1"
WAIT = 20.0
made: list[Real] = []


class Watch(Real):
    """One that a test may leave open."""

    def __init__(self, host: str, port: int, number: int, own: int) -> None:
        made.append(self)
        super().__init__(host, port, number, own)


@pytest.fixture(autouse=True)
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Why processes would have ended; times are short."""
    said: list[str] = []
    over = threading.Event()

    def give_up(reason: str, code: int) -> None:
        said.append(reason)
        over.wait()  # as one that has ended, it says and hears nothing more

    monkeypatch.setattr(interrupts, "give_up", give_up)
    monkeypatch.setattr(watch, "JOINING", 3.0)
    monkeypatch.setattr(watch, "PATIENCE", 1.0)
    monkeypatch.setattr(watch, "BEAT", 0.1)
    monkeypatch.setattr(watch, "_SAYING", 0.5)
    yield said
    over.set()
    while made:
        left = made.pop()
        left.part()
        with suppress(AttributeError):  # it never listened
            left.close()
    until(lambda: not [each for each in threading.enumerate() if each.name == "jw2v processes"])


@pytest.fixture
def port() -> int:
    with socket.create_server(("", 0)) as door:
        return int(door.getsockname()[1])


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def called(port: int, line: str) -> socket.socket:
    """A connection of some other program, once somebody listens."""
    end = time.monotonic() + WAIT
    while True:
        try:
            connection = socket.create_connection((HOST, port), timeout=WAIT)
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.01)
        else:
            connection.sendall(line.encode())
            return connection


def closed(*watches: Watch) -> None:
    for each in watches:
        each.part()
    for each in watches:
        each.close()


def of(pool: ThreadPoolExecutor, port: int, number: int, *ids: int) -> list["Future[Watch]"]:
    return [pool.submit(Watch, HOST, port, number, own) for own in ids]


def test_all_meet_and_stay(pool: ThreadPoolExecutor, port: int, ends: list[str]) -> None:
    found = [each.result(WAIT) for each in of(pool, port, 3, 2, 0, 1)]
    assert len({each.port for each in found}) == 1
    assert found[0].port != port
    passed = [threading.Event() for _ in found]

    def meet(which: int) -> None:
        found[which].meet()
        passed[which].set()

    for which in (0, 1):
        pool.submit(meet, which)
    time.sleep(2.5)  # longer than anyone waits for a word
    assert not any(each.is_set() for each in passed)
    pool.submit(meet, 2)
    assert all(each.wait(WAIT) for each in passed)
    closed(*found)
    assert ends == []


def test_who_did_not_come_is_named_to_all(pool: ThreadPoolExecutor, port: int) -> None:
    for each in of(pool, port, 4, 0, 2):
        with pytest.raises(LostError) as error:
            each.result(WAIT)
        assert str(error.value) == (
            f"processes 1 and 3 of 4 did not come to {HOST}:{port} within 3 seconds"
        )


def test_the_first_did_not_come(port: int) -> None:
    with pytest.raises(LostError, match=f"did not find process 0 at {HOST}:{port} within 3 sec"):
        Watch(HOST, port, 2, 1)


def test_another_program_at_the_port(pool: ThreadPoolExecutor) -> None:
    with socket.create_server((HOST, 0)) as door:
        (found,) = of(pool, door.getsockname()[1], 2, 1)
        connection, _ = door.accept()
        connection.sendall(b"SSH-2.0-Other\r\n")
        with pytest.raises(ValueError, match="is not process 0 of a run"):
            found.result(WAIT)
        connection.close()


def test_one_that_comes_twice_is_sent_away(
    pool: ThreadPoolExecutor, port: int, ends: list[str]
) -> None:
    first, second = of(pool, port, 3, 0, 1)
    time.sleep(0.5)
    with pytest.raises(ValueError, match=r"process 1 of 3 is there already: .* from 0 to 2"):
        Watch(HOST, port, 3, 1)  # while the third is waited for
    third = Watch(HOST, port, 3, 2)
    both = first.result(WAIT), second.result(WAIT)
    for own in (1, 2):
        with pytest.raises(ValueError, match=f"process {own} of 3 is there already"):
            Watch(HOST, port, 3, own)
    closed(*both, third)
    assert ends == []


def test_another_number_is_sent_away(pool: ThreadPoolExecutor, port: int) -> None:
    (first,) = of(pool, port, 2, 0)
    said = "was told of 2 processes, and process 2 of 3: give all of them the same number"
    with pytest.raises(ValueError, match=said):
        Watch(HOST, port, 3, 2)
    closed(Watch(HOST, port, 2, 1), first.result(WAIT))


@pytest.mark.parametrize("own", [-1, 2])
def test_no_number_of_a_process(pool: ThreadPoolExecutor, port: int, own: int) -> None:
    (first,) = of(pool, port, 2, 0)
    with called(port, json.dumps({"id": own, "of": 2}) + "\n") as stranger:
        assert json.loads(stranger.recv(1000)) == {
            "refused": f"process_id must be from 0 to 1; got {own}."
        }
    assert not first.done()
    closed(Watch(HOST, port, 2, 1), first.result(WAIT))


@pytest.mark.parametrize(
    "line",
    [
        "GET / HTTP/1.1\r\n\r\n",
        "[]\n",
        "{}\n",
        '{"id": "x", "of": 2}\n',
        "x" * 5000,
        "",
        "[" * 4000 + "\n",
        '{"id": 1e400, "of": 2}\n',
        '{"id": 1.5, "of": 2}\n',
    ],
)
def test_strangers_are_not_counted(pool: ThreadPoolExecutor, port: int, line: str) -> None:
    (first,) = of(pool, port, 2, 0)
    with called(port, line) as stranger:
        with suppress(ConnectionResetError):
            assert stranger.recv(1) == b""
        assert not first.done()
        closed(Watch(HOST, port, 2, 1), first.result(WAIT))


def test_one_that_ended_before_may_come_again(
    pool: ThreadPoolExecutor, port: int, ends: list[str]
) -> None:
    (first,) = of(pool, port, 2 + 1, 0)
    called(port, json.dumps({"id": 1, "of": 3}) + "\n").close()
    time.sleep(0.2)
    others = of(pool, port, 3, 1, 2)
    closed(first.result(WAIT), *(each.result(WAIT) for each in others))
    assert ends == []


def test_a_loss_is_told_to_all(pool: ThreadPoolExecutor, port: int, ends: list[str]) -> None:
    first, second = of(pool, port, 3, 0, 1)
    lost = called(port, json.dumps({"id": 2, "of": 3}) + "\n")
    both = first.result(WAIT), second.result(WAIT)
    lost.close()
    until(lambda: len(ends) == 2)
    assert sorted(ends) == [
        f"process 2 of 3 has ended or does not answer, and process {own} ends too" for own in (0, 1)
    ]
    closed(*both)


def test_one_that_says_nothing_is_lost(
    pool: ThreadPoolExecutor, port: int, ends: list[str]
) -> None:
    (first,) = of(pool, port, 2, 0)
    with called(port, json.dumps({"id": 1, "of": 2}) + "\n"):
        found = first.result(WAIT)
        until(lambda: ends)
    assert ends == ["process 1 of 2 has ended or does not answer, and process 0 ends too"]
    closed(found)


@pytest.mark.parametrize("agreed", [True, False])
def test_an_end_that_was_agreed_is_no_loss(
    pool: ThreadPoolExecutor, port: int, ends: list[str], agreed: bool
) -> None:
    (first,) = of(pool, port, 2, 0)
    other = called(port, json.dumps({"id": 1, "of": 2}) + "\n")
    found = first.result(WAIT)
    if agreed:
        found.part()
    other.close()  # without a word
    found.wait(WAIT)
    until(lambda: agreed or ends)
    time.sleep(0.2)
    assert len(ends) == (not agreed)
    closed(found)


@pytest.mark.parametrize("ends_itself", [True, False])
def test_a_failure_of_one_leaves_the_others_time(
    pool: ThreadPoolExecutor, port: int, ends: list[str], ends_itself: bool
) -> None:
    first, second = of(pool, port, 2, 0, 1)
    found, other = first.result(WAIT), second.result(WAIT)
    other.fail()
    other.close()
    time.sleep(0.1)
    assert ends == []
    if ends_itself:
        found.fail()
    time.sleep(1.0)
    said = "process 1 of 2 has ended with an error of its own, and process 0 ends too"
    assert ends == ([] if ends_itself else [said])
    closed(found)
