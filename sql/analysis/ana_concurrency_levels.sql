-- model:   ana_concurrency_levels
-- grain:   one row per scope_type, scope_key, execution_agent, concurrency
-- inputs:  fct_executions
-- units:   concurrency = executions; lasted_ms = milliseconds
-- rules:   executions of the last 28 days (time_use_days), by bucket_date, known by
--          as_of, that ended after they began, of every outcome and branch, infra
--          storms too; suite runs are left out; one that ends at the instant at which
--          another begins is not beside it
-- source:  statistics.md 3.5
-- columns: scope_type = all, project, agent, or project agent: what one project ran
--          on one agent;
--          scope_key = The project or agent, all for everything;
--          execution_agent = The agent, empty where all of them count;
--          concurrency = Executions that ran at once, 0 between them;
--          lasted_ms = How long so many did, from the first start to the last end
-- owner:   quality-insights
with moments as (
    select
        project,
        execution_agent,
        unnest([epoch_ms(started_at), epoch_ms(completed_at)]) as moment_ms,
        unnest([1, -1]) as difference
    from fct_executions
    where
        execution_type <> 'test_suite'
        and completed_at > started_at
        and known_at <= getvariable('as_of')
        and is_of_time_use(bucket_date)
),

parts as (
    select
        -- lists of one length: unnested side by side
        unnest(['all', 'project', 'agent', 'project agent']) as scope_type,
        unnest(['all', project, execution_agent, project]) as scope_key,
        unnest(['', '', execution_agent, execution_agent]) as execution_agent,
        moment_ms,
        difference
    from moments
),

-- of those at one moment all but the last one last no time, and its sum holds all
stretches as (
    select
        scope_type,
        scope_key,
        execution_agent,
        sum(difference) over in_time as concurrency,
        lead(moment_ms) over in_time - moment_ms as lasted_ms
    from parts
    where scope_key is not null and execution_agent is not null
    window
        in_time as (
            partition by scope_type, scope_key, execution_agent
            order by moment_ms
            rows between unbounded preceding and current row
        )
),

final as (
    select
        scope_type,
        scope_key,
        execution_agent,
        concurrency::bigint as concurrency,
        sum(lasted_ms)::bigint as lasted_ms
    from stretches
    where lasted_ms > 0
    group by scope_type, scope_key, execution_agent, concurrency
)

select * from final
