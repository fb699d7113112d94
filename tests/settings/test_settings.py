"""Settings: precedence, what is wrong with them said where it is wrong, and the template of `pft init`."""

import tomllib
from pathlib import Path

import pytest

from pft_tui.errors import USAGE, SettingsError
from pft_tui.settings import Settings, load_settings
from pft_tui.settings.template import template


def load(tmp_path: Path, text: str, flags: tuple[str, ...] = (), **environment: str) -> Settings:
    file = tmp_path / "pft.toml"
    file.write_text(text)
    return load_settings(file, flags=flags, environment=environment)


def test_defaults_are_the_papers(tmp_path: Path) -> None:
    settings = load(tmp_path, "")
    assert settings.grid.shots == [2, 4, 8, 16, 24, 32, 64]
    assert (settings.grid.trials, settings.grid.downstream, settings.grid.subsets) == (3, "esd", "all")
    assert (settings.prefinetune.epochs, settings.prefinetune.patience) == (200, 3)
    assert settings.finetune.protocol == "paper"


def test_flags_go_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    text = "[grid]\nseed = 1\ntrials = 1\nshots = [2]\n"
    settings = load(
        tmp_path,
        text,
        ("grid.seed=3", "grid.shots=[4, 8]"),
        PFT__GRID__SEED="2",
        PFT__GRID__TRIALS="2",
        PFT__CORPORA__ESD__ROOT="some/folder",
        OTHER="x",
    )
    assert (settings.grid.seed, settings.grid.trials, settings.grid.shots) == (3, 2, [4, 8])
    assert settings.corpora["esd"].root == tmp_path / "some/folder"


def test_relative_roots_and_encoder_folders_start_at_the_file(tmp_path: Path) -> None:
    text = '[corpora.esd]\nroot = "ESD"\n[corpora.iemocap]\nroot = "/data/I"\n[encoder]\nname = "./mine"\n'
    settings = load(tmp_path, text)
    assert settings.corpora["esd"].root == tmp_path / "ESD"
    assert settings.corpora["iemocap"].root == Path("/data/I")
    assert settings.encoder.name == str(tmp_path / "mine")
    assert (
        load(tmp_path, '[encoder]\nname = "facebook/wav2vec2-base"').encoder.name == "facebook/wav2vec2-base"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[encodr]\nname = 'x'", "unknown key encodr (did you mean 'encoder'?)"),
        ("[encoder]\nnam = 'x'", "unknown key encoder.nam (did you mean 'name'?)"),
        (
            "[finetune]\nprotocol = 'papr'",
            "finetune.protocol = 'papr' should be 'paper', 'released', 'frozen-cnn', 'head' or 'lora'",
        ),
        ("[finetune]\nprotocol = 'papr'", "did you mean 'paper'?"),
        ("[finetune]\nepochs = 'many'", "finetune.epochs = 'many' should be a valid integer"),
        ("[finetune]\nepochs = 0", "finetune.epochs = 0 should be greater than or equal to 1"),
        ("[grid]\nshots = [2, 'x']", "grid.shots = 'x' should be a valid integer"),
        ("[grid]\nshots = 2", "grid.shots = 2 should be a list, such as [2]"),
        ("encoder = 'x'", "encoder is a section: name one of its keys, such as encoder.name"),
        ("[corpora.esd]\nrot = 'x'", "unknown key corpora.esd.rot (did you mean 'root'?)"),
        ("[corpora.esd]\nlabels = 'five'", "corpora.esd.root is missing"),
        ("[corpora.esd]\nroot = 'x'\nsplit = 'speker'", "did you mean 'speaker'?"),
        ("[corpora.msp-podcast]\nroot = 'x'", "corpora.msp-podcast is no name: it may have letters, digits"),
        (
            "[corpora.esd]\nroot = 'x'\nsplit_fractions = [0.8]",
            "corpora.esd.split_fractions has too few values",
        ),
        ("[corpora.base]\nroot = 'x'", "a corpus cannot be called 'base'"),
        ("a = [", "is not valid TOML"),
    ],
)
def test_what_is_wrong_is_named_with_the_file_and_what_would_be_right(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text)
    assert said in caught.value.message
    assert str(tmp_path / "pft.toml") in caught.value.message
    assert caught.value.exit_code == USAGE


def test_a_wrong_flag_or_variable_is_named_instead_of_the_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "", ("finetune.epochs=0",), PFT__GRID__SEED="-2")
    assert caught.value.message.splitlines() == [
        "--set finetune.epochs: finetune.epochs = 0 should be greater than or equal to 1",
        "environment variable PFT__GRID__SEED: grid.seed = -2 should be greater than or equal to 0",
    ]
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "", ("corpora.my-own.root=x", "encodr.name=x"))
    assert [line.partition(": ")[0] for line in caught.value.message.splitlines()] == [
        "--set corpora.my-own.root",
        "--set encodr.name",
    ]
    with pytest.raises(SettingsError, match="not of the form"):
        load(tmp_path, "", ("finetune.epochs",))


def test_the_template_shows_every_key_with_its_default_and_a_sentence() -> None:
    text = template()
    parsed = tomllib.loads(text)
    assert {"corpora", "encoder", "prefinetune", "finetune", "grid", "run"} <= set(parsed)
    for section in ("encoder", "prefinetune", "finetune", "grid", "run"):
        model = type(getattr(Settings(), section))
        body = text.split(f"[{section}]\n")[1].split("\n[")[0].splitlines()
        for name, field in model.model_fields.items():
            place = next(number for number, line in enumerate(body) if line.startswith(f"# {name} ="))
            assert field.description
            assert body[place - 1].startswith("# ")


def test_the_template_with_every_default_uncommented_is_the_defaults(tmp_path: Path) -> None:
    head, _, sections = template().partition("# The encoder.")
    keys = [
        line.removeprefix("# ") if " = " in line and line.startswith("# ") and line[2].islower() else line
        for line in sections.splitlines()
    ]
    assert head
    assert load(tmp_path, "\n".join(keys)) == Settings()
