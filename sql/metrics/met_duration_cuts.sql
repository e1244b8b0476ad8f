-- model:   met_duration_cuts
-- grain:   one row per test_key, variant_key, cut_number
-- inputs:  ana_duration_changes, fct_executions
-- units:   *_ms = milliseconds; *_point_count = days
-- rules:   where the level of a test's daily median duration changed, within the
--          history that segments go back (ana_duration_changes): kernel change points,
--          kept where the two levels differ by 10 % or more (duration_cut_ratio) and
--          ranks tell them apart (duration_cut_p_level); the newest one may still move
-- source:  statistics.md 3.4
-- columns: cut_number = Its place among the test's cuts, from 1;
--          before_date = Last day of the former level with enough passes;
--          cut_date = First day of the new level with enough passes;
--          before_p50_ms = Median of the former level's days;
--          after_p50_ms = Median of the new level's days;
--          before_point_count = Days of the former level;
--          after_point_count = Days of the new level;
--          ratio = New over former level, Hodges-Lehmann;
--          direction = slower or faster;
--          build_version = Build of its first run on cut_date, known by as_of, null
--          where it names none;
--          commit_id = Commit of that run, null where unknown;
--          is_current = The last cut: the new level is the one of now;
--          method = kernel_change_points;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with numbered as (
    select
        test_key,
        variant_key,
        project,
        suite_key,
        point_kind,
        levels,
        unnest(range(2, len(levels) + 1)) as level_number
    from ana_duration_changes
),

cuts as (
    select
        test_key,
        variant_key,
        project,
        suite_key,
        point_kind,
        level_number - 1 as cut_number,
        levels[level_number - 1] as former_level,
        levels[level_number] as new_level,
        level_number = len(levels) as is_current
    from numbered
),

first_runs as (
    select
        cuts.test_key,
        cuts.variant_key,
        cuts.cut_number,
        arg_min_null(
            fct_executions.build_version,
            (fct_executions.triggered_at, fct_executions.execution_key)
        ) as build_version,
        arg_min_null(
            fct_executions.commit_id,
            (fct_executions.triggered_at, fct_executions.execution_key)
        ) as commit_id
    from cuts
    inner join fct_executions
        on
            cuts.test_key = fct_executions.test_key
            and cuts.variant_key = fct_executions.variant_key
            and cuts.new_level['first_date'] = fct_executions.bucket_date
    where
        fct_executions.is_protected_branch
        and fct_executions.execution_type <> 'test_suite'
        and fct_executions.known_at <= getvariable('as_of')
    group by cuts.test_key, cuts.variant_key, cuts.cut_number
),

final as (
    select
        cuts.test_key,
        cuts.variant_key,
        cuts.cut_number,
        cuts.project,
        cuts.suite_key,
        cuts.former_level['last_date'] as before_date,
        cuts.new_level['first_date'] as cut_date,
        cuts.point_kind,
        cuts.former_level['point_count'] as before_point_count,
        cuts.new_level['point_count'] as after_point_count,
        cuts.former_level['p50_ms'] as before_p50_ms,
        cuts.new_level['p50_ms'] as after_p50_ms,
        cuts.new_level['ratio'] as ratio,
        cuts.new_level['ratio_low'] as ratio_low,
        cuts.new_level['ratio_high'] as ratio_high,
        cuts.new_level['p'] as p,
        if(cuts.new_level['ratio'] > 1, 'slower', 'faster') as direction,
        first_runs.build_version,
        first_runs.commit_id,
        cuts.is_current,
        'kernel_change_points' as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from cuts
    left outer join first_runs
        on
            cuts.test_key = first_runs.test_key
            and cuts.variant_key = first_runs.variant_key
            and cuts.cut_number = first_runs.cut_number
)

select * from final
