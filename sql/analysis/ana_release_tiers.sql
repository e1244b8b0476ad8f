-- model:   ana_release_tiers
-- grain:   one row per project, build_version, tier
-- inputs:  ana_required_tests, ana_required_units, ana_candidate_builds
-- units:   *_count = tests
-- rules:   every project with required tests or executions, every tier, every
--          candidate build; a project without candidates has one row, build (none); a
--          required test without a place is one that no suite runs anywhere now: it
--          counts in its project, one that never ran in all of them
-- source:  statistics.md 6.1
-- columns: build_version = The candidate, (none) where the project has none;
--          build_number = Its place among them, 1 is the oldest, null for (none);
--          tier = p0: priority high or critical, p0_p1: medium as well, all: every
--          test, one of low or no priority in this one alone;
--          unplaced_count = Required tests that are run nowhere now, and are in no
--          other count
-- owner:   quality-insights
with tests as (
    select
        ana_required_tests.test_key,
        ana_required_tests.project,
        priority_tier(ana_required_tests.priority) as tier_number
    from ana_required_tests
    anti join ana_required_units
        on ana_required_tests.test_key = ana_required_units.test_key
),

-- union without all: each project once
projects as (
    select project from ana_required_units
    union
    select project from ana_candidate_builds
    union
    select project from ana_required_tests
    where project <> '(none)'
),

tiers as (
    select
        projects.project,
        unnest(['p0', 'p0_p1', 'all']) as tier,
        unnest([1, 2, 3]) as tier_number
    from projects
),

counts as (
    select
        tiers.project,
        tiers.tier,
        count(tests.test_key) as unplaced_count
    from tiers
    left outer join tests
        on
            (tiers.project = tests.project or tests.project = '(none)')
            and tiers.tier_number >= tests.tier_number
    group by tiers.project, tiers.tier
),

final as (
    select
        counts.project,
        coalesce(ana_candidate_builds.build_version, '(none)') as build_version,
        ana_candidate_builds.build_number,
        counts.tier,
        counts.unplaced_count
    from counts
    left outer join ana_candidate_builds
        on counts.project = ana_candidate_builds.project
)

select * from final
