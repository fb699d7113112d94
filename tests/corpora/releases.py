"""Small copies of the releases in the layouts that they have on disk, with real (tiny) audio."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import numpy as np
import soundfile

from pft_tui.corpora.load import Corpus, CorpusOptions, load_corpus
from pft_tui.corpora.utterance import Reading, Utterance

APPLE_DOUBLE = b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X        "


def load(reader: str, root: Path, **options) -> Corpus:
    return load_corpus(reader, CorpusOptions(root, reader, **options))


def by_id(found: Corpus | Reading) -> dict[str, Utterance]:
    return {utterance.utterance_id: utterance for utterance in found.utterances}


def kinds(found: Corpus | Reading) -> list[str]:
    return sorted(problem.kind for problem in found.problems)


@cache
def wav_bytes(frames: int, rate: int, channels: int = 1) -> bytes:
    tone = np.sin(np.arange(frames) * 0.1)[:, None].repeat(channels, axis=1) * 0.3
    file = io.BytesIO()
    soundfile.write(file, tone, rate, subtype="PCM_16", format="WAV")
    return file.getvalue()


def write_wav(path: Path, frames: int = 160, rate: int = 16_000, channels: int = 1) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(wav_bytes(frames, rate, channels))
    return path


def write_apple_double(path: Path) -> None:
    """What a Mac leaves beside `path` on a foreign disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"._{path.name}").write_bytes(APPLE_DOUBLE)


IEMOCAP_TURNS = {
    "Ses01F_impro01": [
        ("Ses01F_impro01_F000", "neu"),
        ("Ses01F_impro01_M001", "ang"),
        ("Ses01F_impro01_M002", "xxx"),
        ("Ses01F_impro01_F003", "exc"),
    ],
    "Ses03M_impro05a": [("Ses03M_impro05a_F000", "fru"), ("Ses03M_impro05a_M000", "hap")],
    "Ses05M_script01_1b": [("Ses05M_script01_1b_F010", "sad"), ("Ses05M_script01_1b_M011", "dis")],
}


def iemocap(root: Path, turns: dict[str, list[tuple[str, str]]] = IEMOCAP_TURNS) -> Path:
    for dialog, labelled in turns.items():
        session = root / f"Session{dialog[4]}"
        evaluations = session / "dialog/EmoEvaluation"
        (evaluations / "Categorical").mkdir(parents=True, exist_ok=True)
        (evaluations / "Categorical" / f"{dialog}_e1_cat.txt").write_text("[not a label file]\n")
        lines = ["% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]", ""]
        for place, (turn, code) in enumerate(labelled):
            lines += [
                f"[{place}.2901 - {place + 1}.2357]\t{turn}\t{code}\t[2.5000, 2.5000, 2.5000]",
                "C-E2:\tNeutral;\t()",
                "C-F1:\tNeutral;\t(curious)",
                "A-E3:\tval 3; act 2; dom  2;\t()",
                "A-M1:\tval 3; act 2; dom  ;\t()",
                "",
            ]
            write_wav(session / "sentences/wav" / dialog / f"{turn}.wav")
        write_wav(session / "dialog/wav" / f"{dialog}.wav")
        label_file = evaluations / f"{dialog}.txt"
        label_file.write_text("\n".join(lines))
        write_apple_double(label_file)
        write_apple_double(session / "sentences/wav" / dialog / f"{labelled[0][0]}.wav")
    return root


IMPROV_TURNS = {
    "S01A-F01-P-FM01": "N",
    "S01A-M01-S-FM02": "A",
    "S02H-F02-R-FF01": "H",
    "S03S-M02-T-MM01": "S",
    "S03N-F03-S-FM03": "O",
    "S04A-F03-S-FM04": "X",
}


def msp_improv(root: Path, label_file: str = "Evalution.txt", audio: str = "") -> Path:
    blocks = []
    for turn, code in IMPROV_TURNS.items():
        attributes = "A:3.000000; V:NaN; D:3.000000 ; N:3.000000;"
        raters = ["AMT_1; Angry; Angry,Frustrated; A:3; V:3; D:NaN; N:4;", "P7; Other; UTD-like; A:1;"]
        blocks.append("\n".join([f"UTD-IMPROV-{turn}.avi; {code}; {attributes}", *raters]))
        sentence, speaker, condition, _ = turn.split("-")
        folder = root / audio / f"session{int(speaker[1:])}" / sentence / condition
        write_wav(folder / f"MSP-IMPROV-{turn}.wav", rate=44_100)
    write_apple_double(root / audio / "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav")
    (root / label_file).write_text("\n\n".join(blocks) + "\n\n")
    return root


PODCAST_ROWS = [
    ("MSP-PODCAST_0001_0008.wav", "N", "30", "Train"),
    ("MSP-PODCAST_0001_0019.wav", "H", "30", "Train"),
    ("MSP-PODCAST_0002_0001.wav", "O", "Unknown", "Development"),
    ("MSP-PODCAST_0002_0002.wav", "X", "7", "Train"),
    ("MSP-PODCAST_0003_0001.wav", "C", "8", "Test1"),
    ("MSP-PODCAST_0003_0002.wav", "U", "9", "Test2"),
]


def msp_podcast(
    root: Path,
    label_file: str = "Labels/labels_consensus.csv",
    audio: str = "Audios",
    rows: list[tuple[str, str, str, str]] = PODCAST_ROWS,
    extra_column: bool = False,
) -> Path:
    header = ["FileName", "EmoClass", "EmoAct", "EmoVal", "EmoDom", "SpkrID", "Gender", "Split_Set"]
    lines = [",".join((["Release"] if extra_column else []) + header)]
    for name, code, speaker, split in rows:
        cells = [name, code, "2.2", "4.0", "2.6", speaker, "Male", split]
        lines.append(",".join((["1.11"] if extra_column else []) + cells))
        write_wav(root / audio / name)
    (root / label_file).parent.mkdir(parents=True, exist_ok=True)
    (root / label_file).write_text("\n".join(lines) + "\n")
    write_apple_double(root / label_file)
    write_apple_double(root / audio / rows[0][0])
    return root


def mandarin_as(root: Path) -> Path:
    data = root / "man_aff_spch/data"
    for speaker in ("001", "068"):
        for emotion in ("anger", "elation", "neutral", "panic", "sadness"):
            write_wav(data / speaker / emotion / "phrase" / f"{speaker}_p1.wav", rate=22_050)
            write_wav(data / speaker / emotion / "utterance" / f"{speaker}_u1.WAV", rate=22_050)
        write_wav(data / speaker / "neutral" / "paragraph" / f"{speaker}_1.wav", rate=22_050)
    write_apple_double(data / "001/anger/phrase/001_p1.wav")
    return root


ESD_NUMBERS = {
    "Neutral": (1, 20, 21, 50, 51, 350),
    "Angry": (351, 371, 401),
    "Happy": (701, 721, 751),
    "Sad": (1051, 1071, 1101),
    "Surprise": (1401, 1421, 1451),
}
ESD_SPLITS = {1: "evaluation", 20: "evaluation", 21: "test", 50: "test", 51: "train", 350: "train"}
for _first in (351, 701, 1051, 1401):
    ESD_SPLITS |= {_first: "evaluation", _first + 20: "test", _first + 50: "train"}


def esd(root: Path, speakers: tuple[str, ...] = ("0001", "0011"), flat: bool = False) -> Path:
    for speaker in speakers:
        for emotion, numbers in ESD_NUMBERS.items():
            for number in numbers:
                name = f"{speaker}_{number:06d}.wav"
                write_wav(root / speaker / emotion / ("" if flat else ESD_SPLITS[number]) / name)
        write_apple_double(root / speaker / "Angry" / ("" if flat else "train") / f"{speaker}_000401.wav")
    return root


FREE_NAMES = {
    "crema_d": [
        "AudioWAV/1001_IEO_ANG_LO.wav",
        "AudioWAV/1002_TIE_HAP_XX.wav",
        "AudioWAV/1040_ITH_SAD_X.wav",
    ],
    "ravdess": ["Actor_12/03-01-06-01-02-01-12.wav", "Actor_01/03-01-08-02-01-02-01.wav"],
    "emodb": ["wav/03a01Wa.wav", "wav/16b10Tb.wav", "wav/08a02La.wav"],
    "tess": ["OAF_neutral/OA_bite_neutral.wav", "YAF_pleasant_surprised/YAF_back_ps.wav"],
    "savee": [
        "AudioData/DC/a01.wav",
        "AudioData/DC/sa02.wav",
        "AudioData/KL/su15.wav",
        "AudioData/JE/n30.wav",
    ],
}


def free(reader: str, root: Path) -> Path:
    for name in FREE_NAMES[reader]:
        write_wav(root / name)
        write_apple_double(root / name)
    return root
