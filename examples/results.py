"""Results in a notebook: every cell (`# %%`) runs by itself in Jupyter, VS Code or as a script.

    python examples/results.py [WORKSPACE]

pandas is all it needs; polars and matplotlib are used where they are installed.
"""

# %% The published results, open for reading; connect again to see what is new.
import sys

import pft_tui

results = pft_tui.connect(sys.argv[1] if len(sys.argv) > 1 else None)
results.sql("from figure2 limit 5").show()

# %% Any view as a data frame.
table1 = results.sql("select k, corpus, f1_in, f1_ex, delta from table1").df()
print(table1.pivot_table(index="corpus", columns="k", values="delta").round(4))

# %% Trials one by one: whom does pre-finetuning on all corpora help least?
trials = results.sql("select speaker, emotion, k, trial, n_corpora, f1 from comparable_trials").df()
cells = trials[trials.n_corpora.isin([0, trials.n_corpora.max()])]
by_speaker = cells.pivot_table(index="speaker", columns="n_corpora", values="f1")
print((by_speaker.iloc[:, -1] - by_speaker.iloc[:, 0]).sort_values().head())

# %% A data frame of your own can be asked along with the results: DuckDB finds it by its name.
sizes = table1[["corpus"]].drop_duplicates().assign(favourite=lambda frame: frame.index == 0)
print(results.sql("select corpus, k, delta from table1 join sizes using (corpus) where favourite").df())

# %% The same in polars.
try:
    import polars  # noqa: F401 - results.sql(...).pl() needs it
except ImportError:
    print("polars is not installed")
else:
    print(results.sql("from powerset order by mean_f1 desc limit 5").pl())

# %% A figure of your own.
try:
    from matplotlib.figure import Figure
except ImportError:
    print("matplotlib is not installed: pip install 'pft-tui[figures]'")
else:
    figure = Figure(figsize=(4, 3), layout="constrained")
    axes = figure.subplots()
    lines = results.sql("select n_corpora, k, mean_f1, se_f1 from figure2").df()
    for k, line in lines.groupby("k"):
        axes.errorbar(line.n_corpora, line.mean_f1, line.se_f1, label=f"k = {k}")
    axes.set_xlabel("number of pre-finetuning corpora")
    axes.set_ylabel("macro F1")
    axes.legend()
    figure.savefig("figure.svg")
