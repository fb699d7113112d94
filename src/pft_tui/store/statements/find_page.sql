-- Of the jobs in the common table `chosen` (see actions.py): how many are in each state, and the numbers of
-- those on the page, in the order of `place`.
select null as number, state, count(*) as jobs
from chosen
group by state
union all
(
    select number, null, null
    from chosen
    order by
        case when not $descending then place end nulls last,
        case when $descending then place end desc nulls last,
        number
    limit $limit
    offset $skip
);
