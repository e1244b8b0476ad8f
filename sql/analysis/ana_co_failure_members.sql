-- model:   ana_co_failure_members
-- grain:   one row per project, group_key, test_key, variant_key
-- inputs:  ana_co_failures
-- units:   none
-- rules:   the two tests × variants of every pair in a group; a release keeps a pair of
--          each, whatever it leaves out
-- source:  statistics.md 5.3
-- columns: group_key = Kind of cause, smallest test and variant of the group
-- owner:   quality-insights
with pairs as (
    select
        project,
        group_key,
        cause_kind,
        -- two lists of one length: unnested side by side
        unnest([test_key, other_test_key]) as test_key,
        unnest([variant_key, other_variant_key]) as variant_key
    from ana_co_failures
    where group_key is not null
),

final as (
    select
        project,
        group_key,
        cause_kind,
        test_key,
        variant_key
    from pairs
    group by all
)

select * from final
