"""Whatever comes over the socket gets an error and harms nothing."""

import json
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from noop_grids import enqueue, noop_grid

from pft_tui.daemon.address import MOST_REQUEST_BYTES, connect
from pft_tui.daemon.client import ask, ensure_running
from pft_tui.paths import Workspace

NAMES = ["status", "jobs", "enqueue", "pause", "resume", "hold", "release", "cancel", "retry", "priority"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
FIELDS = ["ids", "numbers", "states", "kinds", "models", "speakers", "emotions", "shots"]
LIKELY = st.fixed_dictionaries(
    {"do": st.sampled_from(NAMES)},
    optional={
        "jobs": st.dictionaries(st.sampled_from(FIELDS), st.lists(JSON, max_size=3), max_size=3) | JSON,
        **dict.fromkeys(("skip", "limit", "slot", "now", "token", "priority", "extra"), JSON),
    },
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fuzzed")
    (folder / "pft.toml").write_text('[run]\ndevices = "cpu"\ncpu_slots = 1\ndisk_floor = 0\n')
    place = Workspace(folder)
    ensure_running(place)
    ask(place, "pause")
    enqueue(place, noop_grid(20))
    yield place
    ask(place, "down", now=True)


def exchange(workspace, data):
    """What comes back for some bytes, up to the end of the connection."""
    with connect(workspace, 10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        with connection.makefile("rb") as answers:
            return answers.read()


def still_answers(workspace):
    status = ask(workspace, "status")
    assert status["trials"]["total"] >= 0
    log = (workspace.logs / "daemon.log").read_text()
    assert "Traceback" not in log


@QUICK
@given(data=st.binary(max_size=300))
def test_bytes_that_are_no_request_get_an_error_each(workspace, data):
    answers = exchange(workspace, data + b"\n").splitlines()
    assert len(answers) == (data + b"\n").count(b"\n")
    assert all("error" in json.loads(answer) for answer in answers)
    still_answers(workspace)


@QUICK
@given(request=LIKELY | JSON)
def test_requests_with_any_arguments_are_answered_or_refused(workspace, request):
    [answer] = exchange(workspace, json.dumps(request).encode() + b"\n").splitlines()
    answer = json.loads(answer)
    assert ("ok" in answer) != ("error" in answer)
    if "error" in answer:
        assert answer["error"]["message"]
        assert answer["error"]["exit_code"] in (1, 2)
    still_answers(workspace)


@pytest.mark.parametrize("size", [MOST_REQUEST_BYTES + 1, 50 * MOST_REQUEST_BYTES])
def test_an_oversized_request_is_refused_without_being_kept(workspace, size):
    with connect(workspace, 10) as connection:
        try:
            connection.sendall(b"x" * size)
        except OSError:
            return  # hung up on while still talking
        with connection.makefile("rb") as answers:
            assert b"at most" in answers.readline()
    still_answers(workspace)


def test_sql_and_code_are_only_words(workspace):
    before = ask(workspace, "jobs")["total"]
    for word in ("'; drop schema private cascade; --", "$(touch /tmp/x)", "__import__('os')", "\\u0000"):
        for field in ("models", "speakers", "emotions"):
            assert ask(workspace, "jobs", jobs={field: [word]})["total"] == 0
    assert ask(workspace, "jobs")["total"] == before


def test_a_client_that_says_nothing_or_half_a_line_holds_nobody_up(workspace):
    with connect(workspace, 10), connect(workspace, 10) as half:
        half.sendall(b'{"do": "sta')
        still_answers(workspace)
        half.sendall(b'tus"}\n')
        with half.makefile("rb") as answers:
            assert "ok" in json.loads(answers.readline())
