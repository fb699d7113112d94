-- How often a job was lost with its node or machine; a model's are counted anew from each epoch that it gains.
alter table private.jobs add column losses integer default 0;
