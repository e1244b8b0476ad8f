-- model:    ana_failure_clusters
-- grain:    one row per project, fingerprint, failing_step_name, fingerprint_version,
--           merge_version
-- inputs:   fct_executions
-- analysis: failure_clusters
-- units:    similarity = cosine, 0..1
-- rules:    exact cluster = executions that failed in the end, known by as_of, with one
--           masked message in one failing step of a project, storms among them, suite
--           runs left out; without a message the error type stands for it; the only
--           step of an execution is the test itself and no failing step: one cause in
--           fifty tests is one cluster; near-duplicates of one project and step are
--           merged when the ISO week (the project's zone) in which the first execution
--           was known is over, with the texts known by then: words and pairs of words,
--           counted once and weighed by rarity, average linkage, cosine of the policy's
--           floor; clusters of earlier weeks are never split or brought together; those
--           of the week of as_of and those without a message stand alone
-- source:   statistics.md 5.1, 5.2; Sokal and Michener 1958
-- columns:  fingerprint = Key of the masked message, or of the error type where there
--           is no message;
--           failing_step_name = The failing step, empty where none is known or
--           there is one step;
--           fingerprint_version = Version of the masks;
--           merge_version = Version of the merging;
--           cluster_key = Key of the exact cluster that founded it: fingerprint, and
--           failing step where there is one;
--           first_known_at = When it was first known that an execution failed with it;
--           week_start_date = Monday of the week of that, in which it joined;
--           is_week_over = That week is over, so the cluster is final;
--           has_message = There is a message;
--           masked_text = Its masked text;
--           similarity = Mean cosine to the other members at the end of the week in
--           which it joined, null where it was alone then
-- owner:    quality-insights
with failures as (
    select
        project,
        failure_fingerprint(fingerprint, error_type) as fingerprint,
        telling_step_name(failing_step_name, step_count)
            as failing_step_name,
        fingerprint is not null as has_message,
        error_message,
        error_type,
        (known_at, execution_key) as place,
        known_at
    from fct_executions
    where
        is_failing_outcome(outcome)
        and execution_type <> 'test_suite'
        and known_at <= getvariable('as_of')
),

exact as (
    select
        project,
        fingerprint,
        failing_step_name,
        bool_or(has_message) as has_message,
        -- every message of a fingerprint has the same masked text
        arg_min([error_message, error_type], place) filter (where has_message)
            as sample_texts,
        min(error_type) as error_type,
        min(known_at) as first_known_at
    from failures
    group by project, fingerprint, failing_step_name
),

final as (
    select
        project,
        fingerprint,
        failing_step_name,
        has_message,
        if(
            has_message,
            fingerprint_text(sample_texts[1], sample_texts[2]),
            no_message_text(error_type)
        ) as masked_text,
        first_known_at,
        date_trunc('week', timezone(getvariable('time_zone'), first_known_at))::date
            as week_start_date,
        week_start_date
        < date_trunc('week', getvariable('as_of_date')) as is_week_over
    from exact
)

select * from final
