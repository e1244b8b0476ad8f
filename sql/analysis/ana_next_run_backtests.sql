-- model:    ana_next_run_backtests
-- grain:    one row per project, reference
-- inputs:   int_run_sequences
-- analysis: next_run_backtests
-- units:    *_count = what the name says; brier, log_score = mean scores, the second in
--           nats; skill = fraction
-- rules:    every run of the last four weeks is predicted from the runs of its test
--           before it; what tests share is learnt of the runs before those weeks; the
--           first run of a test is not predicted; null where fewer runs or days were
--           predicted than the policy says
-- source:   statistics.md 4.1, 4.3; Brier 1950
-- columns:  reference = history or last_outcome;
--           test_count = Tests × variants of the project;
--           run_count = Runs of the window;
--           tested_day_count = Days with predicted runs;
--           prediction_count = Runs that were predicted;
--           failed_count = Those whose first attempt failed;
--           brier = Mean squared error of the probability, less is better;
--           reference_brier = That of the reference;
--           log_score = Mean −ln of the probability of what came;
--           skill = 1 − brier over that of the reference, null where that is 0;
--           skill_low = Lower end of its 95 % interval, by moving blocks of days;
--           skill_high = Upper end of it
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
