from __future__ import annotations

import pytest

from pft_tui.errors import UsageError
from pft_tui.statistics.sides import Side, choose_sides, names_of, setting_of, sides_of

ANY = {"protocol": None, "encoder": None, "downstream": None}


def model(corpus_set, encoder="w2v", protocol="paper", downstream="esd"):
    return Side(protocol, downstream, "finetune", encoder, corpus_set)


def method(name, protocol="paper", downstream="esd"):
    return Side(protocol, downstream, name, None, None)


SIDES = [model("base"), model("x"), model("y"), model("x+y"), method("constant")]


def chosen(a, b, sides=SIDES, **wanted):
    return tuple(side.name for side in choose_sides(sides, a, b, ANY | wanted))


@pytest.mark.parametrize(
    ("a", "b", "names"),
    [
        ("x", "base", ("x", "base")),
        ("y+x", "x", ("x+y", "x")),
        ("y + x", "x", ("x+y", "x")),
        ("all", "base", ("x+y", "base")),
        ("x", "all-x", ("x", "y")),
        ("all", "constant", ("x+y", "constant")),
    ],
)
def test_sides_go_by_names(a, b, names):
    assert chosen(a, b) == names


def test_all_is_every_corpus_of_the_setting():
    sides = [*SIDES, model("base", "wavlm"), model("x", "wavlm")]
    assert chosen("all", "base", sides, encoder="w2v") == ("x+y", "base")
    assert chosen("all", "base", sides, encoder="wavlm") == ("x", "base")


def test_rows_become_sides():
    row = {"protocol": "paper", "encoder": "w2v", "downstream": "esd", "method": "finetune"}
    baseline = row | {"encoder": None, "method": "constant", "corpora": None}
    rows = [row | {"corpora": []}, row | {"corpora": ["x", "y"]}, baseline]
    assert sides_of(rows) == [model("base"), model("x+y"), method("constant")]


def test_sides_can_be_called():
    assert names_of(SIDES) == ["base", "x", "y", "x+y", "all", "all-x", "all-y", "constant"]
    assert names_of([model("base")]) == ["base"]


def test_the_setting_of_a_model_and_a_method_is_the_models():
    assert setting_of(method("constant"), model("x")) == "w2v on esd, protocol paper"
    assert setting_of(method("constant"), method("compare2016")) == "esd, protocol paper"


@pytest.mark.parametrize(
    ("a", "b", "message", "hint"),
    [
        ("z", "base", "no trials of z", "there are: base, x, y, x+y, all, all-x, all-y, constant"),
        ("base", "all-z", "no trials of all-z", "there are: base"),
        ("all-y", "x", "all-y and x are the same: x", "compare it with another"),
    ],
)
def test_names_that_lead_nowhere(a, b, message, hint):
    with pytest.raises(UsageError, match=message) as caught:
        chosen(a, b)
    assert hint in caught.value.hint


def test_several_settings_must_be_told_apart():
    sides = [*SIDES, model("base", protocol="released"), model("x", protocol="released")]
    with pytest.raises(UsageError, match="w2v on esd, protocol paper; w2v on esd, protocol released"):
        chosen("x", "base", sides)
    assert chosen("x", "base", sides, protocol="released") == ("x", "base")
    assert chosen("y", "base", sides) == ("y", "base")


@pytest.mark.parametrize("other", [{"protocol": "released"}, {"encoder": "wavlm"}, {"downstream": "emodb"}])
def test_settings_are_never_mixed(other):
    sides = [model("x"), model("base", **other)]
    with pytest.raises(UsageError, match="no trials of x and base in one setting"):
        chosen("x", "base", sides)


def test_a_method_goes_with_each_encoder():
    sides = [*SIDES, model("x", "wavlm")]
    with pytest.raises(UsageError, match="several settings"):
        chosen("x", "constant", sides)
    assert chosen("x", "constant", sides, encoder="wavlm") == ("x", "constant")


def test_nothing_of_what_is_wanted():
    with pytest.raises(UsageError, match="no trials of protocol released") as caught:
        chosen("x", "base", protocol="released")
    assert "w2v on esd, protocol paper" in caught.value.hint


def test_nothing_at_all():
    with pytest.raises(UsageError, match="no trials yet") as caught:
        chosen("x", "base", [])
    assert caught.value.hint == "run `pft run`"
