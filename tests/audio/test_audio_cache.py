"""The audio cache against soundfile read directly, through interruptions, changes and bad files."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from pft_tui.audio.cache import AUDIO_FILE, INDEX_FILE, AudioCache, build
from pft_tui.audio.decode import decode
from pft_tui.errors import AudioError

RNG = np.random.default_rng(0)


def write_wav(path: Path, samples: np.ndarray, rate: int = 16_000, subtype: str = "PCM_16") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, samples, rate, subtype=subtype)
    return path


def noise(seconds: float, rate: int = 16_000) -> np.ndarray:
    return RNG.integers(-9000, 9000, int(seconds * rate)).astype(np.int16)


def tone(hertz: float, seconds: float, rate: int) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)


def test_16_bit_mono_at_16_khz_comes_through_bit_for_bit(tmp_path: Path) -> None:
    samples = noise(0.5)
    decoded, rate = decode(write_wav(tmp_path / "a.wav", samples))
    assert rate == 16_000
    np.testing.assert_array_equal(decoded, samples)


@pytest.mark.parametrize("rate", [8_000, 22_050, 44_100, 48_000])
def test_other_rates_keep_length_and_pitch(tmp_path: Path, rate: int) -> None:
    decoded, header_rate = decode(write_wav(tmp_path / "a.wav", tone(440, 1.0, rate), rate))
    assert header_rate == rate
    assert abs(len(decoded) - 16_000) <= 1
    spectrum = np.abs(np.fft.rfft(decoded * np.hanning(len(decoded))))
    assert abs(np.argmax(spectrum) * 16_000 / len(decoded) - 440) < 2
    assert abs(decoded[2000:-2000].max() / 32768 - 0.5) < 0.01


def test_stereo_is_averaged(tmp_path: Path) -> None:
    left, right = tone(300, 0.3, 16_000), 0.2 * tone(300, 0.3, 16_000)
    decoded, _ = decode(write_wav(tmp_path / "a.wav", np.stack([left, right], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(decoded, np.rint((left + right) / 2 * 32768), atol=1)


def test_what_is_too_loud_is_clipped(tmp_path: Path) -> None:
    decoded, _ = decode(write_wav(tmp_path / "a.wav", np.array([1.5, -1.5, 0.25] * 200), subtype="FLOAT"))
    assert decoded[:3].tolist() == [32767, -32768, 8192]


def test_bad_files_say_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="does not exist"):
        decode(tmp_path / "none.wav")
    with pytest.raises(AudioError, match="holds no samples"):
        decode(write_wav(tmp_path / "empty.wav", np.empty(0, dtype=np.int16)))
    (tmp_path / "text.wav").write_text("no audio")
    with pytest.raises(AudioError, match="cannot be read as audio"):
        decode(tmp_path / "text.wav")
    (tmp_path / "headless.raw").write_bytes(noise(0.1).tobytes())
    with pytest.raises(AudioError, match="cannot be read as audio: samplerate must be specified"):
        decode(tmp_path / "headless.raw")
    with pytest.raises(AudioError, match="not finite numbers"):
        decode(write_wav(tmp_path / "nan.wav", np.array([0.1, np.nan, 0.1]), subtype="FLOAT"))
    cut = write_wav(tmp_path / "cut.wav", noise(1.0))
    os.truncate(cut, cut.stat().st_size // 2)
    with pytest.raises(AudioError, match=r"is truncated: its header says 0\.50 s more"):
        decode(cut)


def test_a_cache_holds_each_file_under_its_path_and_good_files_survive_bad_ones(tmp_path: Path) -> None:
    root, files = tmp_path / "corpus", {f"s/{n}.wav": noise(0.05 + n / 100) for n in range(150)}
    for path, samples in files.items():
        write_wav(root / path, samples)
    (root / "bad.wav").write_bytes(b"RIFF")
    seen: list[tuple[int, int]] = []
    cache = build(
        tmp_path / "cache",
        root,
        [*files, "bad.wav", "gone.wav"],
        threads=2,
        progress=lambda *p: seen.append(p),
    )
    for path, samples in files.items():
        np.testing.assert_array_equal(cache[path], samples)
    assert "bad.wav" not in cache
    assert "gone.wav" not in cache
    with pytest.raises(AudioError, match=r"bad\.wav is not in the audio cache: .*cannot be read"):
        cache["bad.wav"]
    assert seen[0] == (0, 152)
    assert seen[-1] == (152, 152)
    assert cache.entries["s/10.wav"].seconds == pytest.approx(0.15)


def test_a_second_build_decodes_only_what_changed(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    for name in "abc":
        write_wav(root / f"{name}.wav", noise(0.1))
    paths = ["a.wav", "b.wav", "c.wav"]
    build(tmp_path / "cache", root, paths)
    lines = (tmp_path / "cache" / INDEX_FILE).read_bytes().count(b"\n")
    build(tmp_path / "cache", root, paths)
    assert (tmp_path / "cache" / INDEX_FILE).read_bytes().count(b"\n") == lines

    changed = noise(0.2)
    write_wav(root / "b.wav", changed)
    cache = build(tmp_path / "cache", root, paths)
    assert (tmp_path / "cache" / INDEX_FILE).read_bytes().count(b"\n") == lines + 1
    np.testing.assert_array_equal(cache["b.wav"], changed)


def test_half_a_line_and_samples_without_a_line_are_dropped(tmp_path: Path) -> None:
    root, samples = tmp_path / "corpus", {name: noise(0.1) for name in ("a.wav", "b.wav")}
    for name, values in samples.items():
        write_wav(root / name, values)
    build(tmp_path / "cache", root, ["a.wav"])
    with (tmp_path / "cache" / AUDIO_FILE).open("ab") as audio:
        audio.write(b"\x01" * 777)
    with (tmp_path / "cache" / INDEX_FILE).open("ab") as index:
        index.write(b'{"path": "b.wav", "si')
    cache = build(tmp_path / "cache", root, ["a.wav", "b.wav"])
    for name, values in samples.items():
        np.testing.assert_array_equal(cache[name], values)
    assert (tmp_path / "cache" / AUDIO_FILE).stat().st_size == 2 * sum(map(len, samples.values()))


def test_a_line_whose_samples_were_lost_is_decoded_again(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    first, second = noise(0.1), noise(0.1)
    write_wav(root / "a.wav", first)
    write_wav(root / "b.wav", second)
    build(tmp_path / "cache", root, ["a.wav", "b.wav"])
    os.truncate(tmp_path / "cache" / AUDIO_FILE, 2 * len(first) + 100)
    cache = build(tmp_path / "cache", root, ["a.wav", "b.wav"])
    np.testing.assert_array_equal(cache["a.wav"], first)
    np.testing.assert_array_equal(cache["b.wav"], second)


def test_should_stop_leaves_a_cache_to_go_on_with(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    paths = [f"{n}.wav" for n in range(200)]
    for path in paths:
        write_wav(root / path, noise(0.03))
    partial = build(tmp_path / "cache", root, paths, should_stop=lambda: True)
    assert 0 < len(partial.entries) < 200
    assert len(build(tmp_path / "cache", root, paths).entries) == 200


def test_a_build_killed_at_any_moment_leaves_a_cache_that_holds_the_truth(tmp_path: Path) -> None:
    root = tmp_path / "corpus"
    files = {f"{n}.wav": noise(0.05) for n in range(600)}
    for path, samples in files.items():
        write_wav(root / path, samples)
    code = (
        "import sys; from pathlib import Path; from pft_tui.audio.cache import build;"
        "root = Path(sys.argv[1]); print('go', flush=True);"
        "build(Path(sys.argv[2]), root, [p.name for p in sorted(root.iterdir())])"
    )
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(root), str(tmp_path / "cache")], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
        if (tmp_path / "cache").exists():
            cache = AudioCache(tmp_path / "cache")
            for path in cache.entries:
                np.testing.assert_array_equal(cache[path], files[path])
    cache = build(tmp_path / "cache", root, files)
    for path, samples in files.items():
        np.testing.assert_array_equal(cache[path], samples)
