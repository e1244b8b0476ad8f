-- model:   met_repair_times
-- grain:   one row per scope_type, scope_key
-- inputs:  ana_repair_times
-- units:   *_count = breaks, test_count = tests × variants; *_hours = hours
-- rules:   breaks of the history that segments go back (ana_breaks); everything has a
--          row where nothing ever broke; the median is null where fewer breaks were
--          mended than the policy says (repair_mended_minimum), or half are not mended;
--          broken from the first run on is no break that was watched
-- source:  statistics.md 7.1
-- columns: mended_count = Breaks that were mended;
--          verdict = estimated or insufficient;
--          reason = Why that, in words;
--          method = kaplan_meier, else insufficient;
--          lacks = What the source does not say: times of commits, without which nobody
--          knows how long a break was there before a run saw it;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with scopes as (
    select
        scope_type,
        scope_key,
        break_count,
        open_count,
        test_count,
        repair_p50_hours,
        repair_p50_low_hours,
        repair_p50_high_hours
    from ana_repair_times
    union all by name
    select
        'all' as scope_type,
        'all' as scope_key,
        0 as break_count,
        0 as open_count,
        0 as test_count
    where not exists (select 1 from ana_repair_times)
),

judged as (
    select
        *,
        break_count - open_count as mended_count,
        mended_count >= getvariable('repair_mended_minimum')
        and repair_p50_hours is not null as is_estimated
    from scopes
),

final as (
    select
        scope_type,
        scope_key,
        break_count,
        mended_count,
        open_count,
        test_count,
        if(is_estimated, repair_p50_hours, null) as repair_p50_hours,
        if(is_estimated, repair_p50_low_hours, null) as repair_p50_low_hours,
        if(is_estimated, repair_p50_high_hours, null) as repair_p50_high_hours,
        if(is_estimated, 'estimated', 'insufficient') as verdict,
        case
            when is_estimated then 'the median of all breaks, open ones censored'
            when break_count = 0 then 'nothing broke that had passed before'
            when mended_count < getvariable('repair_mended_minimum')
                then 'too few breaks were mended'
            else 'fewer than half of the breaks are mended'
        end as reason,
        if(is_estimated, 'kaplan_meier', 'insufficient') as method,
        'times of commits' as lacks,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from judged
)

select * from final
