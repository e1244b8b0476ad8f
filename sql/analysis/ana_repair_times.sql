-- model:    ana_repair_times
-- grain:    one row per scope_type, scope_key
-- inputs:   ana_breaks
-- analysis: repair_times
-- units:    *_count = breaks, test_count = tests × variants; *_hours = hours
-- rules:    tests of a suite × variant that broke at one position and were mended at
--           one are one break; open ones are censored at as_of
-- source:   statistics.md 7.1; Kaplan and Meier 1958, Brookmeyer and Crowley 1982
-- columns:  scope_type = all, project or suite;
--           scope_key = The project or suite, (none) where there is none, all for all;
--           break_count = Breaks, open ones included;
--           open_count = Those that nothing mended yet;
--           test_count = Tests × variants that broke;
--           repair_p50_hours = By then more than half of the breaks are mended, null
--           where that is not reached;
--           repair_p50_low_hours = Lower end of its 95 % interval;
--           repair_p50_high_hours = Upper end of it, null where it is not reached
-- owner:    quality-insights
with breaks as (
    select
        project,
        named_key(suite_key) as suite_key,
        variant_key,
        broke_at,
        mended_at,
        is_open,
        repair_hours,
        count(*) as test_count
    from ana_breaks
    group by all
),

final as (
    select
        -- two lists of one length: unnested side by side
        unnest(['all', 'project', 'suite']) as scope_type,
        unnest(['all', project, suite_key]) as scope_key,
        repair_hours,
        is_open,
        test_count
    from breaks
)

select * from final
