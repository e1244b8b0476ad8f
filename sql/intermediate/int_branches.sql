-- model:   int_branches
-- grain:   one row per suite_key, variant_key, branch
-- inputs:  stg_executions
-- units:   execution_count = executions
-- rules:   protected = named by the policy; where it names none, the most
--          frequent branch of the suite × variant (a tie: the first by name);
--          executions without a branch count as one branch
-- owner:   quality-insights
with branches as (
    select
        suite_key,
        variant_key,
        branch,
        count(*) as execution_count
    from stg_executions
    group by all
),

ranked as (
    select
        suite_key,
        variant_key,
        branch,
        execution_count,
        row_number() over (
            partition by suite_key, variant_key
            order by execution_count desc, branch asc nulls last
        ) as frequency_rank
    from branches
),

final as (
    select
        suite_key,
        variant_key,
        branch,
        execution_count,
        coalesce(
            if(
                len(getvariable('protected_branches')) > 0,
                list_contains(getvariable('protected_branches'), branch),
                frequency_rank = 1
            ),
            false
        ) as is_protected_branch
    from ranked
)

select * from final
