-- model:   met_label_history
-- grain:   one row per as_of, test_key, variant_key, lake_generation
-- inputs:  stg_label_history, ref_test_aliases, met_flakiness, met_nights
-- units:   *_count = runs; broken_probability = probability
-- rules:   append-only: every change of a flakiness label up to as_of as it was
--          first published, and those of this night; a night that was published
--          before from the same generation of the lake adds nothing; a test that has
--          not run for the window of the policy has no label; rows name a test as it
--          was called then; under a new name it goes on from the old one's last label
--          where it has none of its own
-- columns: as_of = The instant for which this was true;
--          lake_generation = Generation of the lake that it was computed from;
--          night_date = Names the night: the day of as_of in the project's zone;
--          former_label = Label that it left, null for its first;
--          label = Label that it entered, null where it no longer ran in time;
--          cause = first_seen, evidence (its runs speak otherwise now), policy (the
--          parameters changed as well) or not_run;
--          reason = Why the new label, in words;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with published as (
    select
        as_of,
        lake_generation,
        night_date,
        test_key,
        variant_key,
        project,
        suite_key,
        former_label,
        label,
        cause,
        reason,
        evidence_grade,
        run_count,
        pass_count,
        flake_count,
        hard_fail_count,
        posterior_low,
        broken_probability,
        params_hash
    from stg_label_history
),

earlier as (
    select
        coalesce(ref_test_aliases.test_key, published.test_key) as test_key,
        published.variant_key,
        published.project,
        published.suite_key,
        published.label,
        published.params_hash,
        (
            ref_test_aliases.former_key is null,
            published.as_of,
            published.lake_generation,
            published.test_key
        ) as place
    from published
    left outer join ref_test_aliases
        on published.test_key = ref_test_aliases.former_key
    where not is_this_night(published.as_of, published.lake_generation)
),

latest as (
    select
        test_key,
        variant_key,
        arg_max(project, place) as project,
        arg_max_null(suite_key, place) as suite_key,
        arg_max_null(label, place) as label
    from earlier
    group by test_key, variant_key
),

former as (
    select arg_max(params_hash, place) as params_hash
    from earlier
),

changed as (
    select
        coalesce(met_flakiness.test_key, latest.test_key) as test_key,
        coalesce(met_flakiness.variant_key, latest.variant_key) as variant_key,
        coalesce(met_flakiness.project, latest.project) as project,
        if(met_flakiness.test_key is null, latest.suite_key, met_flakiness.suite_key)
            as suite_key,
        latest.label as former_label,
        met_flakiness.label,
        case
            when met_flakiness.label is null then 'not_run'
            when latest.test_key is null then 'first_seen'
            when former.params_hash <> getvariable('params_hash') then 'policy'
            else 'evidence'
        end as cause,
        coalesce(met_flakiness.reason, 'has not run in the window') as reason,
        met_flakiness.evidence_grade,
        coalesce(met_flakiness.run_count, 0) as run_count,
        coalesce(met_flakiness.pass_count, 0) as pass_count,
        coalesce(met_flakiness.flake_count, 0) as flake_count,
        coalesce(met_flakiness.hard_fail_count, 0) as hard_fail_count,
        met_flakiness.posterior_low,
        met_flakiness.broken_probability
    from met_flakiness
    full outer join latest
        on
            met_flakiness.test_key = latest.test_key
            and met_flakiness.variant_key = latest.variant_key
    cross join former
    where met_flakiness.label is distinct from latest.label
),

this_night as (
    select
        met_nights.as_of,
        getvariable('lake_generation')::bigint as lake_generation,
        met_nights.night_date,
        changed.*,
        getvariable('params_hash') as params_hash
    from changed
    cross join met_nights
    where
        not exists (
            select 1
            from published
            where is_this_night(published.as_of, published.lake_generation)
        )
),

final as (
    select * from published
    union all by name
    select * from this_night
)

select * from final
