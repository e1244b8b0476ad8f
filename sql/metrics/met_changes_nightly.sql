-- model:   met_changes_nightly
-- grain:   one row per night_date
-- inputs:  met_test_history
-- units:   *_count = tests × variants
-- rules:   each test is compared with its own decided night before; newly failing
--          = fails, and did not then or was never decided before within the
--          history; mended = failed then and does not now; nights of infra storms
--          say nothing of a test: they are counted by themselves and compared with
--          nothing
-- columns: test_count = Tests × variants with something decided;
--          compared_count = Those of them that have a decided night before;
--          failing_count = Those that failed;
--          newly_failing_count = Failing, and not failing on their night before;
--          first_run_failing_count = Of the newly failing those that were never
--          decided before, within the history;
--          mended_count = Failing on their night before, and not now;
--          infra_suspect_count = Tests × variants decided in an infra storm, in no
--          other count;
--          as_of = The instant for which this is true
-- owner:   quality-insights
with nights as (
    select
        night_date,
        is_infra_suspect,
        failing_count > 0 as is_failing,
        lag(failing_count > 0) over (
            partition by test_key, variant_key, is_infra_suspect
            order by night_date
        ) as was_failing
    from met_test_history
    where decided_count > 0
),

final as (
    select
        night_date,
        count(*) filter (where not is_infra_suspect) as test_count,
        count(*) filter (where not is_infra_suspect and was_failing is not null)
            as compared_count,
        count(*) filter (where not is_infra_suspect and is_failing) as failing_count,
        count(*) filter (
            where not is_infra_suspect
            and is_failing
            and was_failing is distinct from true
        ) as newly_failing_count,
        count(*) filter (
            where not is_infra_suspect and is_failing and was_failing is null
        ) as first_run_failing_count,
        count(*) filter (
            where not is_infra_suspect and was_failing and not is_failing
        ) as mended_count,
        count(*) filter (where is_infra_suspect) as infra_suspect_count,
        getvariable('as_of') as as_of
    from nights
    group by night_date
)

select * from final
