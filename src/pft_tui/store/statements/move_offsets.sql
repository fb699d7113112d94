delete from private.spool_offsets
where spool in (select spool from fresh_offsets);

insert into private.spool_offsets
from fresh_offsets;
