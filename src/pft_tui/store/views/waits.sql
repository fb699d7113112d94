-- What do models and bundles of trials wait for? One row per model or bundle (`needer`) that cannot begin.
create or replace view private.waits as
select
    needs.needer,
    string_agg(
        case needed.state
            when 'failed'
                then needs.what || case needed.kind when 'prepare' then ' could not be prepared' else ' failed' end
            when 'cancelled'
                then case needed.kind when 'prepare' then 'preparing ' else '' end || needs.what || ' was cancelled'
            else 'waits for ' || needs.what
        end,
        '; '
        order by needed.kind, needs.what
    ) as reason
from private.needs as needs
join private.jobs as needed on needed.job_id = needs.needed
where needed.state <> 'finished'
group by needs.needer;
