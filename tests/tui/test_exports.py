"""What `e` writes, on every screen."""

import asyncio
import csv
import io
import math

import numpy as np
import pytest
from dashboards import opened
from PIL import Image

from pft_tui.reports import palette
from pft_tui.tui.exports import described, write_curves, write_png
from pft_tui.tui.plot.series import Series, curve
from pft_tui.tui.results.files import FIGURES, SHEETS

COLUMNS = {
    "Live": {"run_id", "epoch", "name", "value"},
    "Queue": {"number", "id", "kind", "state", "reason"},
    "Trials": {"trial_id", "corpus_set", "macro_f1"},
    "Results": {"k", "corpus", "delta"},
    "SQL": {"corpus_set", "k", "mean_f1"},
}


async def export(pilot, ending):
    """Press what writes a file of this kind."""
    await pilot.press("e")
    await pilot.pause(0.1)
    options = pilot.app.screen.query_one("OptionList")
    names = [
        str(options.get_option_at_index(place).prompt).split()[0] for place in range(options.option_count)
    ]
    await pilot.press(*["down"] * names.index(ending), "enter")
    for _ in range(100):
        await pilot.pause(0.05)
        if all(worker.is_finished for worker in pilot.app.workers):
            break
    return names


def test_each_kind_of_file_is_described():
    figures = [f"figure.{suffix}" for suffix in FIGURES]
    for ending in ("svg", "png", "csv", "parquet", "log", *SHEETS, *figures):
        assert described(ending).split()[0] == ending
        assert len(described(ending).split()) > 2


def rows_of(path):
    return list(csv.DictReader(io.StringIO(path.read_text())))


@pytest.mark.parametrize("screen", list(COLUMNS))
def test_every_screen_is_written_as_a_picture_and_as_a_table(with_curves, screen, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    workspace, _ = with_curves

    async def go():
        async with opened(workspace, screen) as pilot:
            if screen == "SQL":
                await pilot.press("f5")
                await pilot.pause(0.5)
                await pilot.press("escape")
            for _ in range(100):
                await pilot.pause(0.05)
                if "csv" in pilot.app.screen.exports():
                    break
            await export(pilot, "csv")
            await export(pilot, "svg")
            await export(pilot, "png")

    asyncio.run(go())
    (table,) = tmp_path.glob(f"pft-{screen.lower()}-*.csv")
    rows = rows_of(table)
    assert set(rows[0]) >= COLUMNS[screen]
    (svg,) = tmp_path.glob(f"pft-{screen.lower()}-*.svg")
    assert f"{screen}" in svg.read_text()
    (png,) = tmp_path.glob(f"pft-{screen.lower()}-*.png")
    picture = Image.open(png)
    assert picture.width > 1000
    assert len(picture.convert("RGB").getcolors(1 << 24)) > 100


def test_a_trial_and_curves_over_each_other_are_written_as_they_are_on_show(
    with_curves, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    workspace, curves = with_curves

    async def go():
        async with opened(workspace, "Trials") as pilot:
            trial_id = pilot.app.screen.copied()
            await pilot.press("enter")
            await pilot.pause(0.5)
            await export(pilot, "csv")
            await pilot.press("escape", "space", "space", "o")
            await pilot.pause(0.5)
            await export(pilot, "csv")
            return trial_id

    trial_id = asyncio.run(go())
    (trial,) = tmp_path.glob("pft-trial-*.csv")
    found = [(float(row["x"]), float(row["y"])) for row in rows_of(trial) if row["curve"] == "val_macro_f1"]
    assert found == pytest.approx(curves[trial_id])
    (overlay,) = tmp_path.glob("pft-curves-*.csv")
    assert len({row["curve"] for row in rows_of(overlay)}) == 2


def test_a_job_and_its_log_are_written_too(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    async def go():
        async with opened(finished, "Queue") as pilot:
            await pilot.press("enter")
            await pilot.pause(0.3)
            assert "log" not in await export(pilot, "svg")  # no worker has said anything

    asyncio.run(go())
    (picture,) = tmp_path.glob("pft-log-*.svg")
    assert "attempts" in picture.read_text()


def test_without_the_extra_a_png_is_refused_with_what_brings_it(finished, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(__import__("sys").modules, "resvg_py", None)

    async def go():
        async with opened(finished, "Trials") as pilot:
            await export(pilot, "png")
            return [notice.message for notice in pilot.app._notifications]

    (words,) = asyncio.run(go())
    assert "pip install 'pft-tui[figures]'" in words
    assert not list(tmp_path.glob("pft-*"))


def test_a_picture_has_the_dots_lines_and_colours_of_the_screen(tmp_path):
    colour = "#{:02X}{:02X}{:02X}".format(*palette.colour(0))
    for name, text in {"dots": "⣿⣿⣿⣿", "line": "━━━━", "letters": "MMMM", "nothing": "\u2800" * 4}.items():
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 30"><style>'
            ".t { font-family: Fira Code, monospace; font-size: 20px; }</style>"
            f'<text class="t" x="4" y="20" textLength="48.8" fill="{colour}">{text}</text></svg>'
        )
        write_png(svg, tmp_path / f"{name}.png")
    lit = {
        path.stem: int((np.asarray(Image.open(path).convert("RGBA"))[..., 3] > 0).sum())
        for path in tmp_path.glob("*.png")
    }
    assert lit["nothing"] == 0
    assert min(lit["dots"], lit["letters"], lit["line"]) > 50
    seen = np.asarray(Image.open(tmp_path / "dots.png").convert("RGBA")).reshape(-1, 4)
    assert tuple(seen[seen[:, 3] == 255][0][:3]) == palette.colour(0)


def test_curves_have_a_row_for_each_point_and_no_number_where_there_is_none(tmp_path):
    lines = [
        curve("one", [1, 2], [0.5, math.nan]),
        Series("mean", *(np.array([value]) for value in (3.0, 0.4, 0.3, 0.5))),
    ]
    write_curves(lines, tmp_path / "curves.csv")
    assert (tmp_path / "curves.csv").read_text() == (
        "curve,x,y,low,high\none,1.0,0.5,,\none,2.0,,,\nmean,3.0,0.4,0.3,0.5\n"
    )
