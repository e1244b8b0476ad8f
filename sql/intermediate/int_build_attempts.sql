-- model:   int_build_attempts
-- grain:   one row per project, build_number, test_key, variant_key
-- inputs:  int_build_positions, int_runs, stg_executions
-- units:   *_count = attempts
-- rules:   what a candidate's tests did there: attempts of the runs at its commits, on
--          any branch, or where no commit is known of its own runs; of a build of
--          several commits those at the newest at which the test ran, since a pass at
--          an older one clears nothing; cause = fingerprint and failing step of the
--          last failing run that has one
-- source:  statistics.md 6.1
-- owner:   quality-insights
with failing as (
    select
        int_runs.execution_key,
        stg_executions.fingerprint
        || ' '
        || telling_step_name(
            stg_executions.failing_step_name, stg_executions.step_count
        ) as cause_key
    from int_runs
    inner join stg_executions on int_runs.execution_key = stg_executions.execution_key
    where int_runs.failing_count > 0
),

runs as (
    select
        int_build_positions.project,
        int_build_positions.build_number,
        int_runs.test_key,
        int_runs.variant_key,
        -- builds whose commits are not known are of one piece
        if(int_runs.has_commit, int_build_positions.change_number, 0) as at_change,
        min(int_build_positions.last_change_number)
        - max(int_build_positions.change_number) as later_change_count,
        sum(int_runs.failing_count)::integer as failing_count,
        sum(int_runs.passing_count)::integer as passing_count,
        max(int_runs.bucket_date) as last_run_date,
        arg_max(
            failing.cause_key, (int_runs.triggered_at, int_runs.execution_key)
        ) as cause_key,
        list(
            int_runs.execution_key
            order by int_runs.triggered_at desc, int_runs.execution_key asc
        ) filter (where int_runs.failing_count > 0) as execution_keys
    from int_build_positions
    inner join int_runs
        on
            int_build_positions.project = int_runs.project
            and int_build_positions.position_key = int_runs.position_key
            and (
                int_runs.has_commit
                or int_build_positions.build_version = int_runs.build_version
            )
    left outer join failing on int_runs.execution_key = failing.execution_key
    group by all
),

final as (
    select
        project,
        build_number,
        test_key,
        variant_key,
        later_change_count,
        failing_count,
        passing_count,
        last_run_date,
        cause_key,
        coalesce(
            execution_keys[1:getvariable('confidence_evidence_count')], []
        ) as execution_keys
    from runs
    qualify
        row_number() over (
            partition by project, build_number, test_key, variant_key
            order by at_change desc
        ) = 1
)

select * from final
