-- model:   met_alias_proposals
-- grain:   one row per former_key
-- inputs:  ana_test_spans, dim_tests
-- units:   similarity = fraction 0..1; edit_count = letters; *_run_count = executions
--          on protected branches; place_count = suites × variants
-- rules:   a test that ended and one that began: in the same project and in the same
--          suites × variants, the new one first run after the former's last run and
--          within the days of the policy, by the order of positions; began = within
--          the last days for which the policy proposes; names are alike, and fewer
--          letters differ than between either of the two and any other, letter case
--          and punctuation aside: of two as near none is proposed; names that are a
--          machine's id are compared with none; of the suites × variants those with
--          the fewest pairs come first, up to the pairs that a night compares: the
--          tests of the rest are not proposed; what the register of aliases says
--          already is one test, and no proposal
-- columns: former_key = Key of the test that ended;
--          test_key = Key of the test that began;
--          former_name = Title of the one that ended, else its key;
--          test_name = Title of the one that began, else its key;
--          former_last_position_at = When the last position of the one that ended was
--          first seen;
--          first_position_at = When the first position of the one that began was
--          first seen;
--          former_run_count = Executions of the one that ended;
--          run_count = Executions of the one that began;
--          place_count = Suites × variants in which both ran;
--          similarity = Jaro-Winkler of both names;
--          edit_count = Letters to change, add or leave out between both names;
--          entry = Block for the register of aliases (setting aliases);
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with tests as (
    select
        ana_test_spans.project,
        ana_test_spans.ran_in,
        ana_test_spans.test_key,
        dim_tests.name,
        regexp_replace(lower(dim_tests.name), '[^\pL\pN]+', '', 'g') as plain_name,
        ana_test_spans.first_position_at,
        ana_test_spans.last_position_at,
        ana_test_spans.run_count,
        ana_test_spans.first_position_at
        > getvariable('as_of')
        - to_days(getvariable('alias_proposal_days')::integer) as has_begun,
        ana_test_spans.has_ended
    from ana_test_spans
    inner join dim_tests on ana_test_spans.test_key = dim_tests.test_key
    where
        ana_test_spans.last_position_at
        >= getvariable('as_of')
        - to_days(getvariable('alias_proposal_days')::integer)
        - to_days(getvariable('alias_gap_days')::integer)
        and not regexp_full_match(
            dim_tests.name, '[0-9a-fA-F]{24}|[0-9a-fA-F-]{32,36}'
        )
),

places as (
    select
        project,
        ran_in
    from tests
    group by project, ran_in
    qualify
        sum(count(*) filter (where has_begun) * count(*) filter (where has_ended))
            over (
                order by
                    count(*) filter (where has_begun)
                    * count(*) filter (where has_ended),
                    project,
                    ran_in
                rows unbounded preceding
            )
        <= getvariable('alias_pair_maximum')
),

pairs as (
    select
        former.test_key as former_key,
        tests.test_key,
        former.name as former_name,
        tests.name as test_name,
        former.last_position_at as former_last_position_at,
        tests.first_position_at,
        former.run_count as former_run_count,
        tests.run_count,
        len(tests.ran_in) as place_count,
        jaro_winkler_similarity(former.plain_name, tests.plain_name) as similarity,
        levenshtein(former.plain_name, tests.plain_name) as edit_count
    from places
    inner join tests
        on places.project = tests.project and places.ran_in = tests.ran_in
    inner join tests as former
        on
            places.project = former.project
            and places.ran_in = former.ran_in
            and tests.first_position_at > former.last_position_at
            and tests.first_position_at
            <= former.last_position_at
            + to_days(getvariable('alias_gap_days')::integer)
    where
        tests.has_begun
        and former.has_ended
        and jaro_winkler_similarity(former.plain_name, tests.plain_name)
        >= getvariable('alias_similarity_floor')
    -- a rename that went through several projects is one
    qualify
        row_number() over (
            partition by former.test_key, tests.test_key order by tests.project
        ) = 1
),

nearest as (
    select *
    from pairs
    -- how many are as near or nearer: itself alone
    qualify
        count(*) over (partition by former_key order by edit_count) = 1
        and count(*) over (partition by test_key order by edit_count) = 1
),

final as (
    select
        former_key,
        test_key,
        former_name,
        test_name,
        former_last_position_at,
        first_position_at,
        former_run_count,
        run_count,
        place_count,
        similarity,
        edit_count,
        -- text in JSON is text in TOML, but for one character
        replace(
            format(
                '[[alias]]
former = {}
now = {}
by = "met_alias_proposals"
on = {}
reason = {}
origin = "proposed"
',
                to_json(former_key),
                to_json(test_key),
                getvariable('as_of_date'),
                to_json(former_name || ' → ' || test_name)
            ),
            chr(127),
            '\u007F'
        ) as entry,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from nearest
)

select * from final
