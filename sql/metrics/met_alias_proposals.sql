-- model:   met_alias_proposals
-- grain:   one row per former_key
-- inputs:  ana_test_spans, dim_tests
-- units:   similarity = fraction 0..1; *_run_count = executions on protected branches;
--          place_count = suites × variants
-- rules:   a test that ended and one that began: in the same project and in the same
--          suites × variants, the new one first run after the former's last run and
--          within the days of the policy, by the order of positions; began = within
--          the days that segments go back; each is the other's best match by name,
--          letter case and punctuation aside; names that are a machine's id are
--          compared with none; what the register of aliases says already is one test,
--          and no proposal
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
--          entry = Block for the register of aliases (setting aliases);
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with tests as (
    select
        ana_test_spans.project,
        ana_test_spans.test_key,
        dim_tests.name,
        regexp_replace(lower(dim_tests.name), '[^\pL\pN]+', '', 'g') as plain_name,
        ana_test_spans.ran_in,
        ana_test_spans.first_position_at,
        ana_test_spans.last_position_at,
        ana_test_spans.run_count,
        ana_test_spans.has_ended
    from ana_test_spans
    inner join dim_tests on ana_test_spans.test_key = dim_tests.test_key
    where not regexp_full_match(dim_tests.name, '[0-9a-fA-F]{24}|[0-9a-fA-F-]{32,36}')
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
        jaro_winkler_similarity(former.plain_name, tests.plain_name) as similarity
    from tests
    inner join tests as former
        on
            tests.project = former.project
            and tests.ran_in = former.ran_in
            and tests.first_position_at > former.last_position_at
            and tests.first_position_at
            <= former.last_position_at
            + to_days(getvariable('alias_gap_days')::integer)
    where
        former.has_ended
        and tests.first_position_at
        > getvariable('as_of')
        - to_days(getvariable('segment_history_days')::integer)
),

ranked as (
    select
        *,
        row_number() over (
            partition by former_key
            order by similarity desc, first_position_at asc, test_key asc
        ) as rank_of_test,
        row_number() over (
            partition by test_key
            order by similarity desc, former_last_position_at desc, former_key asc
        ) as rank_of_former
    from pairs
    where similarity >= getvariable('alias_similarity_floor')
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
        -- text in JSON is text in TOML
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
        ) as entry,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ranked
    where rank_of_test = 1 and rank_of_former = 1
)

select * from final
