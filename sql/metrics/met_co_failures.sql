-- model:   met_co_failures
-- grain:   one row per project, cause_kind, test_key, variant_key, other_test_key,
--          other_variant_key
-- inputs:  ana_co_failures
-- units:   *_count = invocations, of breaks: slots of the history and breaks; jaccard,
--          jaccard_low, jaccard_high = fraction 0..1; p, q = probability
-- rules:   pairs that fail together, and pairs with a common break; yes: q, lift and
--          common failures as the policy asks for; no: enough failures of each, but
--          chance may explain it; insufficient: one common break or two prove nothing,
--          of which only the overlap is told; met_co_failure_summary says how many
--          pairs were looked at and how many are left out
-- source:  statistics.md 5.3
-- columns: verdict = yes, no or insufficient;
--          reason = Why that, in words;
--          jaccard_low = Lower end of Wilson's 95 % interval;
--          jaccard_high = Upper end of it;
--          method = hypergeometric+benjamini_hochberg, else insufficient;
--          as_of = The instant for which this is true;
--          params_hash = Names the policy of the build
-- owner:   quality-insights
with final as (
    select
        project,
        cause_kind,
        test_key,
        variant_key,
        other_test_key,
        other_variant_key,
        group_key,
        case
            when is_found then 'yes'
            when p is not null then 'no'
            else 'insufficient'
        end as verdict,
        case
            when is_found and cause_kind = 'shared_break'
                then 'they broke together more often than by chance'
            when is_found then 'they fail together more often than by chance'
            when p is not null then 'that they broke together may be chance'
            else 'too few breaks of each to tell it from chance'
        end as reason,
        overlap_from_at,
        overlap_until_at,
        common_count,
        failed_count,
        other_failed_count,
        both_failed_count,
        jaccard,
        wilson_low(
            both_failed_count, failed_count + other_failed_count - both_failed_count
        ) as jaccard_low,
        wilson_high(
            both_failed_count, failed_count + other_failed_count - both_failed_count
        ) as jaccard_high,
        lift,
        phi,
        p,
        q,
        if(p is null, 'insufficient', 'hypergeometric+benjamini_hochberg') as method,
        getvariable('as_of') as as_of,
        getvariable('params_hash') as params_hash
    from ana_co_failures
    where pair_number > 0
)

select * from final
