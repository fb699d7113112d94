-- What did the paper publish? One row per (k, corpus) of its Table 1, with the pair of its footnote 5
-- (Chen & Yu, "Pre-Finetuning for Few-Shot Emotional Speech Recognition", INTERSPEECH 2023).
-- Corpora go by the names of their readers.
create or replace view paper_table1 as
select
    k,
    corpus,
    cast(f1_in as double) as f1_in,
    cast(f1_ex as double) as f1_ex,
    cast(delta as double) as delta
from (
    values
    (2, 'iemocap', 0.5048, 0.6232, -0.1184),
    (2, 'mandarin_as', 0.5812, 0.6445, -0.0633),
    (2, 'msp_improv', 0.5233, 0.6299, -0.1066),
    (2, 'msp_podcast', 0.6150, 0.6272, -0.0122),
    (4, 'iemocap', 0.5447, 0.7054, -0.1607),
    (4, 'mandarin_as', 0.6495, 0.7160, -0.0665),
    (4, 'msp_improv', 0.5623, 0.7030, -0.1407),
    (4, 'msp_podcast', 0.7010, 0.6990, 0.0020),
    (8, 'iemocap', 0.5816, 0.7747, -0.1931),
    (8, 'mandarin_as', 0.7040, 0.7862, -0.0822),
    (8, 'msp_improv', 0.6021, 0.7783, -0.1762),
    (8, 'msp_podcast', 0.7640, 0.7549, 0.0091),
    (64, 'msp_podcast', 0.9126, 0.9108, 0.0018)
) as published (k, corpus, f1_in, f1_ex, delta);
