"""From settings and corpora to the specs of everything that an experiment consists of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from pft_tui.corpora.load import Corpus
from pft_tui.corpora.utterance import EVALUATION, TEST, TRAIN
from pft_tui.encoders.identity import encoder_fingerprint
from pft_tui.errors import SpecError
from pft_tui.protocols import label, recipe
from pft_tui.registry import near_miss
from pft_tui.settings import Settings
from pft_tui.specs import ALL_EMOTIONS, BASE, FINETUNE, CorpusRef, EncoderSpec, Method, ModelSpec, TrialSpec


@dataclass(frozen=True)
class Grid:
    """The experiment: corpora to prepare, models to pre-finetune (the base among them), trials to run.

    `configuration` has the settings that it was made from, all of them, as JSON: what a run records.
    """

    corpora: tuple[CorpusRef, ...]
    models: tuple[ModelSpec, ...]
    trials: tuple[TrialSpec, ...]
    configuration: str = "{}"


def corpora_of(settings: Settings) -> list[str]:
    """The names of the corpora that the grid needs: the downstream one first, then those to learn from.

    Raises SpecError where a name is not a corpus of the settings.
    """
    grid = settings.grid
    if not settings.corpora:
        raise SpecError("there is no corpus in pft.toml", hint="add a section [corpora.NAME] with its root")
    downstream = _known(grid.downstream, settings.corpora, "grid.downstream", "corpora")
    names = grid.prefinetune_on or [name for name in settings.corpora if name != downstream]
    for name in names:
        _known(name, settings.corpora, "grid.prefinetune_on", "corpora")
    if downstream in names:
        raise SpecError(
            f"grid.prefinetune_on names {downstream}, which is also grid.downstream",
            hint="a model that has learned from its test speakers measures nothing; take it out of one",
        )
    used = {name for members in _subsets(settings, sorted(names)) for name in members}
    return [downstream, *sorted(used)]


def expand(settings: Settings, corpora: Mapping[str, Corpus]) -> Grid:
    """Every spec of the grid.

    `corpora` holds the loaded corpora by name, at least those of `corpora_of`. Raises SpecError where the
    grid asks for what is not there: an unknown speaker or emotion, odd k, more utterances than a speaker has.
    """
    downstream, *learned = corpora_of(settings)
    refs = {name: CorpusRef(name, corpora[name].digest) for name in (downstream, *learned)}
    models = tuple(_models(settings, [refs[name] for name in learned]))
    trials = tuple(_trials(settings, corpora[downstream], refs[downstream], models))
    return Grid(tuple(refs.values()), models, trials, settings.model_dump_json())


def _models(settings: Settings, learned: Sequence[CorpusRef]) -> Iterator[ModelSpec]:
    seed = settings.grid.seed
    encoder = EncoderSpec(
        settings.encoder.name,
        settings.encoder.revision,
        encoder_fingerprint(settings.encoder.name, revision=settings.encoder.revision),
        seed if settings.encoder.name.startswith("random:") else 0,
    )
    by_name = {ref.name: ref for ref in learned}
    for members in _subsets(settings, list(by_name)):
        corpora = tuple(by_name[name] for name in members)
        yield ModelSpec(encoder, corpora, settings.prefinetune if corpora else None, seed)


def _subsets(settings: Settings, names: Sequence[str]) -> list[tuple[str, ...]]:
    """The sets of corpora to pre-finetune on: the power set, smallest first, or those that are listed."""
    asked = settings.grid.subsets
    if asked == "all":
        return [members for size in range(len(names) + 1) for members in combinations(sorted(names), size)]
    sets = []
    for text in asked:
        members = () if text.strip() == BASE else tuple(sorted({part.strip() for part in text.split("+")}))
        for name in members:
            _known(name, names, f"grid.subsets: {text!r}", "corpora to pre-finetune on")
        sets.append(members)
    return list(dict.fromkeys(sets))


def _trials(
    settings: Settings, corpus: Corpus, ref: CorpusRef, models: Sequence[ModelSpec]
) -> Iterator[TrialSpec]:
    grid = settings.grid
    protocol = label(settings.finetune)
    recipes = {k: recipe(settings.finetune, k) for k in grid.shots}  # each once, if it stands there twice
    multiclass = settings.finetune.task == "multiclass"
    speakers = _speakers(grid.speakers, corpus)
    emotions = [ALL_EMOTIONS] if multiclass else _emotions(grid.emotions, corpus)
    _check_pools(corpus, list(speakers), emotions, recipes)
    methods: list[tuple[str | None, Method]] = [(model.model_id, FINETUNE) for model in models]
    methods += [(None, baseline) for baseline in dict.fromkeys(grid.baselines)]
    cells = product(methods, speakers.items(), emotions, recipes, range(grid.trials))
    for (model_id, method), (speaker, language), emotion, k, trial in cells:
        yield TrialSpec(
            model_id, method, protocol, recipes[k], ref, speaker, language, emotion, k, trial, grid.seed
        )


def _speakers(asked: str | Sequence[str], corpus: Corpus) -> dict[str, str | None]:
    """Each speaker asked for with the language spoken."""
    languages: dict[str, str | None] = {}
    for utterance in corpus.utterances:
        if utterance.speaker is not None:
            languages.setdefault(utterance.speaker, utterance.language)
    if not languages:
        raise SpecError(
            f"corpus {corpus.name} names no speakers, which few-shot trials need",
            hint="choose another grid.downstream, or add a speaker column to its manifest",
        )
    names = sorted(languages) if asked == "all" else list(dict.fromkeys(asked))
    return {
        _known(name, languages, "grid.speakers", f"speakers of {corpus.name}"): languages[name]
        for name in names
    }


def _emotions(asked: str | Sequence[str], corpus: Corpus) -> list[str]:
    names = corpus.labels if asked == "all" else list(dict.fromkeys(asked))
    return [_known(name, corpus.labels, "grid.emotions", f"labels of {corpus.name}") for name in names]


def _check_pools(
    corpus: Corpus, speakers: Sequence[str], emotions: Sequence[str], shots: Iterable[int]
) -> None:
    counts = Counter((item.speaker, item.split, item.label) for item in corpus.utterances)
    for speaker in speakers:
        have = {split: _by_label(counts, speaker, split) for split in (TRAIN, EVALUATION, TEST)}
        for split, by_label in have.items():
            if not by_label:
                raise SpecError(
                    f"speaker {speaker} of {corpus.name} has no utterance in the {split} split",
                    hint="leave the speaker out with grid.speakers, or choose another corpora split",
                )
        for emotion, k in product(emotions, shots):
            _check_pool(corpus.name, speaker, emotion, k, have[TRAIN])


def _by_label(counts: Counter[tuple[str | None, str | None, str]], speaker: str, split: str) -> Counter[str]:
    return Counter({key[2]: count for key, count in counts.items() if key[:2] == (speaker, split)})


def _check_pool(corpus: str, speaker: str, emotion: str, k: int, pool: Counter[str]) -> None:
    who = f"speaker {speaker} of {corpus}"
    if emotion == ALL_EMOTIONS:
        if k < len(pool) or k > pool.total() or -(-k // len(pool)) > min(pool.values()):
            raise SpecError(
                f"grid.shots: {k} utterances cannot be drawn evenly over the {len(pool)} labels of {who}",
                hint=f"choose k from {len(pool)} to {len(pool) * min(pool.values())}",
            )
        return
    if k % 2:
        raise SpecError(
            f"grid.shots: k must be even, got {k}", hint="k/2 positives and k/2 negatives are drawn"
        )
    if not pool[emotion]:
        raise SpecError(
            f"{who} has no training utterance labelled {emotion}",
            hint="leave it out with grid.emotions or grid.speakers",
        )
    for what, count in ((emotion, pool[emotion]), (f"other than {emotion}", pool.total() - pool[emotion])):
        if k // 2 > count:
            raise SpecError(
                f"grid.shots: k = {k} needs {k // 2} training utterances {what} of {who}, which has {count}",
                hint=f"choose k up to {2 * count}",
            )


def _known(name: str, known: Iterable[str], place: str, kind: str) -> str:
    names = list(known)
    if name in names:
        return name
    raise SpecError(f"{place}: {name!r} is not among the {kind}", hint=near_miss(name, names))
