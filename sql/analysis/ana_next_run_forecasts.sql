-- model:    ana_next_run_forecasts
-- grain:    one row per test_key, variant_key
-- inputs:   int_run_sequences
-- analysis: next_run_forecasts
-- units:    *_count = runs; age_days = days; *_probability* = fractions 0..1
-- rules:    the share of failures right after an outcome like the last one, the weight
--           of a run halved with each half life of runs, drawn towards the rate of all
--           tests of the project; first attempts
-- source:   statistics.md 4.1
-- columns:  last_outcome = Of the first attempt of the last run: passed or failed;
--           last_age_days = Calendar days of the last run before that of as_of;
--           run_count = Runs of the window;
--           failed_count = Those that failed;
--           state_run_count = Runs right after such an outcome;
--           state_failed_count = Those that failed;
--           failure_probability = Chance that the next run fails;
--           failure_probability_low = Lower end of the 95 % interval of its posterior;
--           failure_probability_high = Upper end of it;
--           state_failed_rate = Share of failures after such an outcome, of all tests;
--           state_strength = Runs of one test that this is worth
-- owner:    quality-insights
with final as (
    select
        test_key,
        variant_key,
        project,
        are_failed,
        ages
    from int_run_sequences
)

select * from final
