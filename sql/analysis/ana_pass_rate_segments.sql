-- model:    ana_pass_rate_segments
-- grain:    one row per scope_type, scope_key, rate_name, segment_number
-- inputs:   ana_pass_rate_series
-- analysis: pass_rate_segments
-- units:    *_count = runs, but day_count = days; *_rate = fraction 0..1;
--           design_effect = ratio, at least 1
-- rules:    exact segmentation of the days with runs, each with its runs and its
--           standardised failures over the design effect, but at least one run; days
--           differ by more than chance even where nothing has changed: design effect =
--           sigma_z ^ 2 of Laney's chart over the whole series, by the median of the
--           differences of neighbours, which a step moves little
-- source:   statistics.md 1.5, 2.6; Jackson et al. 2005
-- columns:  segment_number = From 1, in order;
--           first_date = Its first day with runs;
--           last_date = Its last day with runs;
--           day_count = Days with runs in it;
--           run_count = Runs in it;
--           passed_count = Those that passed;
--           standardised_pass_rate = Pass rate of the common mix of tests, clipped to 0
--           and 1 day by day;
--           design_effect = How many runs are worth one;
--           cut_log_bayes_factor = Strength of the cut that begins it, null for the
--           first;
--           cut_low_date = From here the 99 % interval of the cut;
--           cut_high_date = Up to here;
--           cut_probability = Probability of this very day
-- owner:    quality-insights
with final as (
    select
        scope_type,
        scope_key,
        rate_name,
        bucket_date,
        run_count,
        passed_count,
        run_count
        * (1 - least(1.0, greatest(0.0, standardised_pass_rate))) as failed
    from ana_pass_rate_series
)

select * from final
