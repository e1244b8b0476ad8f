-- model:   met_duration_shift
-- grain:   one row per test_key, variant_key
-- inputs:  ana_duration_changes, fct_executions
-- units:   *_count = passes; *_ms = milliseconds; *_share = fraction 0..1
-- rules:   the last 20 passes against the 60 before them, or before the level that
--          began within both (ana_duration_changes); slower: q at most 0.05 over the
--          project, the ratio's interval above 1.05, and 250 ms or more; faster: the
--          same the other way; unchanged: that interval within 1/1.05 to 1.05;
--          insufficient: fewer than 10 passes now or 20 before, no pass in the last 28
--          days (known_days), or none of these; means are never compared
-- source:  statistics.md 3.3
-- columns: direction = slower, faster, unchanged or insufficient;
--          reason = Why that, in words;
--          shift_ms = (ratio − 1) · baseline_p50_ms: how much longer it takes now;
--          q = The same as p, Benjamini-Hochberg over the project;
--          is_censored = A fifth or more of its current attempts ran out of time
--          (duration_censored_share): what is compared is what was fast enough;
--          evidence_execution_keys = Its newest passed executions;
--          method = hodges_lehmann, else insufficient;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with judged as (
    select
        *,
        last_passed_date
        > getvariable('as_of_date') - getvariable('known_days')::integer as is_recent,
        if(
            current_count >= getvariable('duration_current_minimum')
            and baseline_count >= getvariable('duration_baseline_minimum')
            and is_recent,
            p,
            null
        ) as judged_p
    from ana_duration_changes
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
        (ratio - 1) * baseline_p50_ms as shift_ms,
        getvariable('duration_smallest_ratio') as most
    from scaled
),

told as (
    select
        *,
        q <= getvariable('duration_false_discovery_level') as is_proved,
        case
            when judged_p is null then 'insufficient'
            when
                is_proved
                and ratio_low > most
                and shift_ms >= getvariable('duration_smallest_shift_ms')
                then 'slower'
            when
                is_proved
                and ratio_high < 1 / most
                and shift_ms <= -getvariable('duration_smallest_shift_ms')
                then 'faster'
            when ratio_low >= 1 / most and ratio_high <= most then 'unchanged'
            else 'insufficient'
        end as direction
    from tested
),

evidence as (
    select
        fct_executions.test_key,
        fct_executions.variant_key,
        list(
            fct_executions.execution_key
            order by
                fct_executions.triggered_at desc, fct_executions.execution_key asc
        )[1:getvariable('duration_evidence_count')] as evidence_execution_keys
    from fct_executions
    inner join told
        on
            fct_executions.test_key = told.test_key
            and fct_executions.variant_key = told.variant_key
            and fct_executions.bucket_date >= told.current_from_date
    where
        told.direction in ('slower', 'faster')
        and fct_executions.outcome = 'passed'
        and fct_executions.is_protected_branch
        and not fct_executions.is_infra_suspect
        and not fct_executions.is_unverified
        and fct_executions.execution_type <> 'test_suite'
        and fct_executions.known_at <= getvariable('as_of')
    group by fct_executions.test_key, fct_executions.variant_key
),

final as (
    select
        told.test_key,
        told.variant_key,
        told.project,
        told.suite_key,
        told.direction,
        case
            when not told.is_recent then 'no pass lately'
            when told.judged_p is null then 'too few passes'
            when told.direction in ('slower', 'faster')
                then 'a change that chance does not explain'
            when told.direction = 'unchanged' then 'no change worth telling'
            when told.is_proved then 'a change that may be too small to tell'
            else 'a change is neither shown nor ruled out'
        end as reason,
        told.baseline_kind,
        told.baseline_count,
        told.current_count,
        told.current_from_date,
        told.last_passed_date,
        told.baseline_p50_ms,
        told.current_p50_ms,
        told.ratio,
        told.ratio_low,
        told.ratio_high,
        told.shift_ms,
        told.judged_p as p,
        told.q,
        told.superiority,
        told.timed_out_count,
        told.censored_share,
        told.censored_share >= getvariable('duration_censored_share') as is_censored,
        coalesce(evidence.evidence_execution_keys, []) as evidence_execution_keys,
        if(told.judged_p is null, 'insufficient', 'hodges_lehmann') as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from told
    left outer join evidence
        on
            told.test_key = evidence.test_key
            and told.variant_key = evidence.variant_key
)

select * from final
