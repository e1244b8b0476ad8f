-- model:   met_co_failure_groups
-- grain:   one row per project, group_key
-- inputs:  ana_co_failure_members, ana_co_failure_runs
-- units:   test_count = tests × variants; common_invocation_count = invocations;
--          *_failure_count = executions
-- rules:   what found pairs of one kind of cause connect, where their Jaccard has the
--          policy's share; together = two or more failed in one invocation of the
--          window (ana_co_failure_runs); a fingerprint is theirs where it has the
--          policy's share of those failures together that have one
-- source:  statistics.md 5.3
-- columns: test_keys = Its tests, by key and variant;
--          variant_keys = Their variants, in the same order;
--          test_count = Tests × variants in it;
--          common_invocation_count = Invocations in which they failed together;
--          common_failure_count = Executions that failed in these;
--          first_common_at = When the first of these was triggered;
--          last_common_at = When the last one was;
--          common_fingerprint = Fingerprint that they share, else null;
--          fingerprint_failure_count = Executions with the most frequent fingerprint;
--          told_failure_count = Executions with any fingerprint;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with members as (
    select
        project,
        group_key,
        cause_kind,
        list(test_key order by test_key, variant_key) as test_keys,
        list(variant_key order by test_key, variant_key) as variant_keys,
        count(*) as test_count
    from ana_co_failure_members
    group by project, group_key, cause_kind
),

runs as (
    select
        project,
        group_key,
        count(distinct invocation_key) as common_invocation_count,
        count(*) as common_failure_count,
        min(triggered_at) as first_common_at,
        max(triggered_at) as last_common_at,
        count(fingerprint) as told_failure_count
    from ana_co_failure_runs
    group by project, group_key
),

fingerprints as (
    select
        project,
        group_key,
        fingerprint,
        count(*) as failure_count
    from ana_co_failure_runs
    where fingerprint is not null
    group by project, group_key, fingerprint
    qualify
        row_number() over (
            partition by project, group_key order by count(*) desc, fingerprint
        ) = 1
),

final as (
    select
        members.project,
        members.group_key,
        members.cause_kind,
        members.test_keys,
        members.variant_keys,
        runs.first_common_at,
        runs.last_common_at,
        members.test_count,
        coalesce(runs.common_invocation_count, 0) as common_invocation_count,
        coalesce(runs.common_failure_count, 0) as common_failure_count,
        coalesce(fingerprints.failure_count, 0) as fingerprint_failure_count,
        coalesce(runs.told_failure_count, 0) as told_failure_count,
        if(
            fingerprints.failure_count
            >= getvariable('co_failure_fingerprint_share') * runs.told_failure_count,
            fingerprints.fingerprint,
            null
        ) as common_fingerprint,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from members
    left outer join runs
        on members.project = runs.project and members.group_key = runs.group_key
    left outer join fingerprints
        on
            members.project = fingerprints.project
            and members.group_key = fingerprints.group_key
)

select * from final
