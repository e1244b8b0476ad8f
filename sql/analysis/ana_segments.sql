-- model:    ana_segments
-- grain:    one row per test_key, variant_key, segment_number
-- inputs:   int_test_positions
-- analysis: segments
-- units:    *_position = positions of the test × variant, from 1; *_count = runs
-- rules:    exact segmentation; broken = the policy's share of runs fails, and hard
--           failures outnumber flakes; tests that never failed are left out
-- source:   statistics.md 1.5; Jackson et al. 2005
-- columns:  segment_number = From 1, in order;
--           first_position = Where it begins;
--           last_position = Where it ends;
--           run_count = Runs in it;
--           failed_count = Runs whose first attempt failed;
--           flake_count = Those of them that passed at the same commit;
--           hard_fail_count = Those with no pass at that commit;
--           is_broken = Fails more often than not, and not by chance;
--           cut_log_bayes_factor = Strength of the cut that begins it, null for the
--           first;
--           cut_low_position = From here the 99 % interval of the cut;
--           cut_high_position = Up to here;
--           cut_probability = Probability of this very position
-- owner:    quality-insights
with final as (
    select
        test_key,
        variant_key,
        position_number,
        run_count,
        failed_count,
        flake_count
    from int_test_positions
)

select * from final
