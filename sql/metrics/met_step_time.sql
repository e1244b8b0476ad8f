-- model:   met_step_time
-- grain:   one row per project, suite_key, step_name, step_type
-- inputs:  ana_step_times
-- units:   *_count = steps; *_day_count = days; *_ms = milliseconds; *_share =
--          fraction 0..1
-- rules:   35 days up to as_of: 7 of the sample (step_sample_days), 28 of the basis
--          before it (step_basis_days); shares are exact; slower: q at most 0.05 over
--          the project's steps, the ratio's interval above 1.05, and the median 50 ms
--          (step_smallest_shift_ms) above the basis; faster: the same the other way;
--          unchanged: that interval within 1/1.05 to 1.05; insufficient: fewer than 5
--          days (step_day_minimum) in the sample or 10 in the basis, or none of these
-- source:  statistics.md 3.3, 3.5
-- columns: duration_share = Of all time that steps ran, all projects together;
--          suite_duration_share = Of the time that the steps of its suite ran;
--          duration_rank = 1 for the step that ran longest;
--          verdict = slower, faster, unchanged or insufficient;
--          reason = Why that, in words;
--          shift_ms = (ratio − 1) · basis_p50_ms: how much longer it takes now;
--          q = The same as p, Benjamini-Hochberg over the project's steps;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with judged as (
    select
        *,
        if(
            sample_day_count >= getvariable('step_day_minimum')
            and basis_day_count >= 2 * getvariable('step_day_minimum'),
            p,
            null
        ) as judged_p
    from ana_step_times
),

scaled as (
    select
        *,
        bh_scaled(judged_p, project) as scaled_p
    from judged
),

tested as (
    select
        *,
        bh_q(scaled_p, judged_p, project) as q,
        (ratio - 1) * basis_p50_ms as shift_ms,
        getvariable('duration_smallest_ratio') as most,
        sum(duration_sum_ms) over () as all_duration_ms,
        sum(duration_sum_ms) over (
            partition by project, suite_key
        ) as suite_duration_ms
    from scaled
),

told as (
    select
        *,
        case
            when judged_p is null then 'insufficient'
            when
                q <= getvariable('duration_false_discovery_level')
                and ratio_low > most
                and shift_ms >= getvariable('step_smallest_shift_ms')
                then 'slower'
            when
                q <= getvariable('duration_false_discovery_level')
                and ratio_high < 1 / most
                and shift_ms <= -getvariable('step_smallest_shift_ms')
                then 'faster'
            when ratio_low >= 1 / most and ratio_high <= most then 'unchanged'
            else 'insufficient'
        end as verdict
    from tested
),

final as (
    select
        project,
        suite_key,
        step_name,
        step_type,
        step_count,
        timed_count,
        failing_count,
        duration_sum_ms,
        duration_sum_ms / nullif(all_duration_ms, 0) as duration_share,
        duration_sum_ms / nullif(suite_duration_ms, 0) as suite_duration_share,
        row_number() over (
            order by
                duration_sum_ms desc,
                project asc,
                suite_key asc,
                step_name asc,
                step_type asc
        ) as duration_rank,
        sample_day_count,
        basis_day_count,
        sample_p50_ms,
        basis_p50_ms,
        ratio,
        ratio_low,
        ratio_high,
        shift_ms,
        judged_p as p,
        q,
        verdict,
        case
            when judged_p is null then 'too few days with passed steps'
            when verdict in ('slower', 'faster')
                then 'a change that chance does not explain'
            when verdict = 'unchanged' then 'no change worth telling'
            else 'a change is neither shown nor ruled out'
        end as reason,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from told
)

select * from final
