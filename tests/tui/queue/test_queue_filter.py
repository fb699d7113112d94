"""The filter line and the marks, without a screen."""

import json
import re

import pytest

from pft_tui.errors import UsageError
from pft_tui.ranges import numbers_in, ranges_of
from pft_tui.tui.queue.changes import undo_of
from pft_tui.tui.queue.filter import complete, is_begun, parse
from pft_tui.tui.queue.lines import columns
from pft_tui.tui.queue.listing import Listing, span
from pft_tui.tui.queue.marks import Marks

KNOWN = {
    "model": ["base", "iemocap", "iemocap+msp_podcast"],
    "speaker": ["0001", "0011"],
    "emotion": ["Happy", "very sad"],
    "k": ["2", "16"],
}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", {}),
        ("model:iemocap k:2 state:failed", {"models": ["iemocap"], "shots": [2], "states": ["failed"]}),
        ("k:2,16 k:2", {"shots": [2, 16, 2]}),
        ("model:MSP_podcast+iemocap", {"models": ["iemocap+msp_podcast"]}),
        ('emotion:happy,"very sad"', {"emotions": ["Happy", "very sad"]}),
        ("cuda out", {"words": ["cuda", "out"]}),
        ('"out of memory" kind:trial', {"words": ["out of memory"], "kinds": ["trial"]}),
        ("job:7 job:10-12", {"numbers": [[7, 7], [10, 12]]}),
        ("it's", {"words": ["it's"]}),
    ],
)
def test_what_a_line_means(text, meant):
    assert parse(text, KNOWN) == meant


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("modle:iemocap", "did you mean 'model'"),
        ("speaker:0012", "no job has speaker:0012"),
        ("state:broken", "no job has state:broken"),
        ("k:", "k: of what.*2, 16"),
        ("job:x", "17-30"),
        ('"open', "is not closed"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_would(text, words):
    with pytest.raises(UsageError) as caught:
        parse(text, KNOWN)
    assert re.search(words, str(caught.value))


def test_values_are_taken_as_they_are_where_none_are_known():
    assert parse("speaker:0012 k:3") == {"speakers": ["0012"], "shots": [3]}
    with pytest.raises(UsageError, match="k:two is no number"):
        parse("k:two")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("mo", ["model:"]),
        ("k:2 st", ["k:2 state:"]),
        ("model:msp", ["model:iemocap+msp_podcast"]),
        ("model:i", ["model:iemocap", "model:iemocap+msp_podcast"]),
        ("speaker:0001,00", ["speaker:0001,0001", "speaker:0001,0011"]),
        ("emotion:ve", ['emotion:"very sad"']),
        ("state:f", ["state:finished", "state:failed"]),
        ("nothing", []),
    ],
)
def test_how_a_line_may_go_on(text, lines):
    found = complete(text, KNOWN)
    assert [found.line(text, place) for place in range(len(found.options))] == lines


@pytest.mark.parametrize(("text", "begun"), [("mo", True), ("k:2 st", True), ("k:2 ", False), ("sad", False)])
def test_a_word_that_may_become_a_key_is_waited_for(text, begun):
    assert is_begun(text) == begun


def test_ranges_are_the_fewest_and_go_back_and_forth():
    assert ranges_of([5, 1, 2, 3, 9]) == [[1, 3], [5, 5], [9, 9]]
    assert numbers_in([[1, 3], [5, 5]]) == {1, 2, 3, 5}


def test_marks_of_some_and_of_all_but_some():
    some = Marks().turned(4).with_all([5, 6]).turned(5)
    assert (4 in some, 5 in some) == (True, False)
    assert some.selection({"states": ["failed"]}) == {"numbers": [[4, 4], [6, 6]]}
    everything = Marks(is_all=True)
    assert everything.selection({"states": ["failed"]}) == {"states": ["failed"]}
    assert everything.count(33_600) == 33_600
    but = everything.turned(4)
    assert (4 in but, 5 in but, but.count(100)) == (False, True, 99)
    assert but.selection({"states": ["failed"]}) == {"states": ["failed"], "without": [[4, 4]]}
    assert but.with_all([4]) == everything


@pytest.mark.parametrize("width", [60, 79, 80, 100, 119, 120, 160, 200, 300])
def test_columns_fill_the_width_and_no_more(width):
    shown = columns(width)
    whole = sum(column.width + 2 for column in shown) - 2
    assert whole <= max(width, 79)
    assert {"job", "state", "model", "speaker", "emotion", "k", "prio"} <= {each.header for each in shown}
    assert ("why" in {each.header for each in shown}) == (width >= 110)


def test_pages_say_what_changed_and_what_lacks():
    listing = Listing()
    page = {"jobs": [{"number": n, "state": "queued"} for n in (7, 8, 9)], "total": 10, "states": {}}
    assert listing.take(2, page) == {2, 3, 4}
    assert listing.take(2, page) == set()
    assert (listing.lacks(range(2, 5)), listing.lacks(range(2, 6))) == (False, True)
    assert listing.numbers(range(2, 5)) == [7, 8, 9]
    assert listing.numbers(range(1, 5)) is None
    assert listing.place(8, range(0, 10)) == 3
    listing.take(0, {"jobs": [], "total": 3, "states": {}})
    assert listing.job(4) is None


def test_undo_asks_as_often_as_requests_can_name_them():
    scattered = [[number, number] for number in range(0, 14_000, 2)]
    undo = undo_of("cancel", {"changed": 7000, "numbers": scattered})
    assert [name for name, _ in undo.steps] == ["retry"] * 3
    assert [each for _, jobs in undo.steps for each in jobs["jobs"]["numbers"]] == scattered
    assert max(len(json.dumps({"do": name, **jobs})) for name, jobs in undo.steps) < 64 * 1024
    back = undo_of("priority", {"changed": 3, "former": {"0": [[7, 8]], "10": [[1, 1]]}})
    assert [jobs["priority"] for _, jobs in back.steps] == [10, 0]
    assert undo_of("retry", {"changed": 1, "numbers": [[1, 1]]}) is None
    assert undo_of("hold", {"changed": 0, "numbers": []}) is None


def test_what_is_fetched_around_the_view():
    assert span(range(100, 120), 0) == (100, 20)
    assert span(range(100, 120), 3) == (40, 140)
    assert span(range(0, 20), 3) == (0, 80)
    assert span(range(0, 400), 3) == (0, 1000)
