-- Formulas that more than one model needs; temporary, so that no release holds them.
-- Arguments become doubles here: integer division and overflow cannot happen inside.

-- Wilson's 95 % interval of k successes among n; null where n is not above 0
-- (statistics.md 2.1). n may be an effective number and need not be whole.
create or replace temp macro wilson_low(k, n) as case
    when k is null then null
    when n::double > 0 and k::double = 0 then 0.0
    when n::double > 0 then greatest(0.0, (
        k::double / n::double + 1.959963984540054 ^ 2 / (2.0 * n::double)
        - 1.959963984540054 * sqrt(
            greatest(0.0, k::double / n::double * (1.0 - k::double / n::double))
            / n::double + 1.959963984540054 ^ 2 / (4.0 * n::double * n::double)
        )
    ) / (1.0 + 1.959963984540054 ^ 2 / n::double))
end;

create or replace temp macro wilson_high(k, n) as case
    when k is null then null
    when n::double > 0 and k::double = n::double then 1.0
    when n::double > 0 then least(1.0, (
        k::double / n::double + 1.959963984540054 ^ 2 / (2.0 * n::double)
        + 1.959963984540054 * sqrt(
            greatest(0.0, k::double / n::double * (1.0 - k::double / n::double))
            / n::double + 1.959963984540054 ^ 2 / (4.0 * n::double * n::double)
        )
    ) / (1.0 + 1.959963984540054 ^ 2 / n::double))
end;

-- When a MongoDB ObjectId was made: it begins with the seconds since 1970 in
-- hexadecimal. Null for any other text.
create or replace temp macro object_id_time(id) as case
    when regexp_full_match(id, '[0-9a-f]{24}')
        then to_timestamp(('0x' || left(id, 8))::bigint)
end;

-- Whether a night is one of the last 60 (history_days) up to the night of as_of.
create or replace temp macro is_of_history(night) as (
    night > getvariable('as_of_date') - getvariable('history_days')::integer
    and night <= getvariable('as_of_date')
);

-- Whether a day is in the longest window in which all runs count, those of tests that
-- never failed as well; a day more, since some windows end at the instant of as_of.
create or replace temp macro is_of_windows(day) as (
    day >= getvariable('as_of_date') - greatest(
        getvariable('flakiness_window_days'),
        getvariable('regression_sample_days') + getvariable('regression_basis_days'),
        getvariable('trend_days'),
        getvariable('control_baseline_days') + getvariable('control_current_days')
    )::integer - 1
);

-- Whether a day is one of the last over which time, resources and workers are told.
create or replace temp macro is_of_time_use(day) as (
    day > getvariable('as_of_date') - getvariable('time_use_days')::integer
    and day <= getvariable('as_of_date')
);

-- Whether a row of a history was published by this very night: what it found is not
-- found again, and nothing is judged by it.
create or replace temp macro is_this_night(night, generation) as (
    night = getvariable('as_of') and generation = getvariable('lake_generation')
);

-- A key that is not there is named, so that its rows are counted and shown.
create or replace temp macro named_key(key) as coalesce(key, '(none)');

-- Design effect of a rate whose clusters are the rows of the group (invocations):
-- m/(m-1) · Σ(k_g N − K n_g)² / (N K (N − K)), which is v / [p(1−p)/N] of
-- statistics.md 2.1 in whole numbers until the last division. Null where the rate is
-- 0 or 1 or there is one cluster.
create or replace temp macro design_effect(k, n) as
count(*)::hugeint * (
    sum(n)::hugeint * sum(n)::hugeint * sum(k::hugeint * k::hugeint)::hugeint
    - 2 * sum(k)::hugeint * sum(n)::hugeint * sum(k::hugeint * n::hugeint)::hugeint
    + sum(k)::hugeint * sum(k)::hugeint * sum(n::hugeint * n::hugeint)::hugeint
)
/ nullif(
    (count(*) - 1)::hugeint
    * sum(n)::hugeint * sum(k)::hugeint * (sum(n) - sum(k))::hugeint,
    0
);

-- Newcombe's (1998) method 10: 95 % interval of k1/n1 − k2/n2, null where a side is
-- empty (statistics.md 2.2).
create or replace temp macro newcombe_low(k1, n1, k2, n2) as (
    k1::double / nullif(n1::double, 0) - k2::double / nullif(n2::double, 0)
    - sqrt(
        (k1::double / nullif(n1::double, 0) - wilson_low(k1, n1)) ^ 2
        + (wilson_high(k2, n2) - k2::double / nullif(n2::double, 0)) ^ 2
    )
);

create or replace temp macro newcombe_high(k1, n1, k2, n2) as (
    k1::double / nullif(n1::double, 0) - k2::double / nullif(n2::double, 0)
    + sqrt(
        (wilson_high(k1, n1) - k1::double / nullif(n1::double, 0)) ^ 2
        + (k2::double / nullif(n2::double, 0) - wilson_low(k2, n2)) ^ 2
    )
);

-- ln of n over k.
create or replace temp macro log_choose(n, k) as (
    lgamma(n::double + 1.0) - lgamma(k::double + 1.0)
    - lgamma(n::double - k::double + 1.0)
);

-- Chance of first_hits up to last_hits failures in a sample of so many, drawn from so
-- many failed and passed; doubles in. The list of one holds what all terms share, so
-- that it is worked out once a row.
create or replace temp macro hypergeometric_sum(
    first_hits, last_hits, sample, failed, passed
) as coalesce(list_transform(
    [
        lgamma(failed + 1.0) + lgamma(passed + 1.0) + lgamma(sample + 1.0)
        + lgamma(failed + passed - sample + 1.0) - lgamma(failed + passed + 1.0)
    ],
    lambda shared: list_sum(list_transform(
        range(first_hits::bigint, last_hits::bigint + 1),
        lambda hits: exp(
            shared - lgamma(hits + 1.0) - lgamma(failed - hits + 1.0)
            - lgamma(sample - hits + 1.0) - lgamma(passed - sample + hits + 1.0)
        )
    ))
)[1], 0.0);

-- One-sided Fisher, "the sample is worse": chance of at least so many failures in the
-- sample, given both margins; exact (statistics.md 2.1, 2.2). 1 where a side is empty,
-- null where a count is null. Above the mean the tail is summed, below it 1 less the
-- other tail; 1e-9 of SciPy's up to a hundred thousand on both sides together.
create or replace temp macro fisher_worse(
    sample_failed, sample_passed, basis_failed, basis_passed
) as case
    when
        sample_failed is null or sample_passed is null
        or basis_failed is null or basis_passed is null then null
    when
        sample_failed = 0 or (basis_failed = 0 and basis_passed = 0) then 1.0
    when
        sample_failed::double * basis_passed::double
        > sample_passed::double * basis_failed::double
        then least(1.0, hypergeometric_sum(
            sample_failed::double,
            sample_failed::double + least(sample_passed::double, basis_failed::double),
            sample_failed::double + sample_passed::double,
            sample_failed::double + basis_failed::double,
            sample_passed::double + basis_passed::double
        ))
    else greatest(0.0, 1.0 - hypergeometric_sum(
        greatest(0.0, sample_failed::double - basis_passed::double),
        sample_failed::double - 1.0,
        sample_failed::double + sample_passed::double,
        sample_failed::double + basis_failed::double,
        sample_passed::double + basis_passed::double
    ))
end;

-- P(Bin(n, phi0) >= x), exact (statistics.md 1.6); null where one of them is, since
-- least and greatest pass over nulls. Above the mean the tail is summed, below it 1
-- less the other tail: a small chance is never 1 less another.
create or replace temp macro binomial_tail(x, n, phi0) as case
    when x is null or n is null or phi0 is null then null
    when x::double <= 0 then 1.0
    when x::double > n::double then 0.0
    when x::double > n::double * phi0
        then
            least(1.0, list_sum(list_transform(
                range(x::bigint, n::bigint + 1),
                lambda hits: exp(
                    log_choose(n, hits) + hits * ln(phi0) + (n - hits) * ln(1.0 - phi0)
                )
            )))
    else greatest(0.0, 1.0 - list_sum(list_transform(
        range(0, x::bigint),
        lambda hits: exp(
            log_choose(n, hits) + hits * ln(phi0) + (n - hits) * ln(1.0 - phi0)
        )
    )))
end;

-- ln of the beta-binomial weight of k failures among n, Beta(0.05, 0.5); 0 for none
-- (statistics.md 1.5).
create or replace temp macro log_beta_binomial(k, n) as (
    lgamma(k::double + 0.05) + lgamma(n::double - k::double + 0.5)
    - lgamma(n::double + 0.55)
    - (lgamma(0.05) + lgamma(0.5) - lgamma(0.55))
);

-- How much better two segments explain k1 of n1 and k2 of n2 failures than one does,
-- as logarithm (statistics.md 1.5).
create or replace temp macro log_bayes_factor(k1, n1, k2, n2) as (
    log_beta_binomial(k1, n1) + log_beta_binomial(k2, n2)
    - log_beta_binomial(k1::double + k2::double, n1::double + n2::double)
);

-- Benjamini-Hochberg in two steps, since one window cannot look into another: first
-- bh_scaled(p, family), then in the next query bh_q(scaled, p, family), the q-value
-- of each row within its family (statistics.md 2.1). A p that is null counts nowhere.
create or replace temp macro bh_scaled(p, family) as (
    p * count(p) over (partition by family)
    / nullif(count(p) over (partition by family order by p), 0)
);

create or replace temp macro bh_q(scaled, p, family) as (
    if(p is null, null, least(
        1.0,
        min(scaled) over (partition by family order by p desc nulls last)
    ))
);

-- Bucket of a duration, as pipelines/transform/rollups.py has it: ceil(ln ms / ln g)
-- with g = 1.01 / 0.99, 0 up to 1 ms; null for an unknown one (statistics.md 3.2).
create or replace temp macro log_bucket(ms) as case
    when ms is not null
        then ceil(ln(greatest(ms::double, 1.0)) / ln(1.01 / 0.99))::integer
end;

-- Quantile of a log-bucket histogram in ms: the first bucket, of those in order, at
-- which ceil(q·N) values are reached; at most 1 % off; null where nothing was counted
-- (statistics.md 3.2).
create or replace temp macro log_bucket_quantile(buckets, counts, q) as case
    when list_sum(counts) > 0
        then 2.0 * (1.01 / 0.99) ^ list_extract(
            buckets,
            list_filter(
                range(1, len(counts) + 1),
                lambda place: list_sum(counts[1:place]) >= ceil(q * list_sum(counts))
            )[1]
        ) / (1.01 / 0.99 + 1.0)
end;

-- The level of a factor that has two, the other one being 'other'; null where it is not
-- known.
create or replace temp macro factor_level(is_met, level) as (
    if(is_met is null, null, if(is_met, level, 'other'))
);

-- Sum of numbers to a thousandth: doubles add up to something else in another order.
create or replace temp macro thousandths_sum(value) as (
    sum(round(value * 1000)::hugeint) / 1000
);

-- Mean of a number weighed with the time it was held; null where no time is known.
create or replace temp macro time_weighted_mean(value, ms) as (
    sum(round(value * 1000)::hugeint * ms)
    / nullif(sum(ms::hugeint) filter (where value is not null), 0) / 1000
);

-- What came together per minute of the time it took, of rows that took any.
create or replace temp macro per_minute(value, ms) as (
    60 * sum(round(value * 1000)::hugeint) filter (where ms > 0)
    / nullif(sum(ms::hugeint) filter (where value is not null), 0)
);

-- Rate of k among n whose ln of (k + 1/2) / (n - k + 1/2) is y, within 0 and 1: what
-- pipelines/analysis/pass_rate_forecasts.py makes of counts, back again
-- (statistics.md 4.2). Null where n is not above 0.
create or replace temp macro rate_of_logit(y, n) as (
    if(y is null or not coalesce(n > 0, false), null, least(1.0, greatest(
        0.0, ((n::double + 1.0) / (1.0 + exp(-y)) - 0.5) / n::double
    )))
);

-- Whether a day is in the window of flakiness, of co-failures and of patterns.
create or replace temp macro is_of_flakiness(day) as (
    getvariable('as_of_date') - day < getvariable('flakiness_window_days')
);

-- The name of a day of the week that is numbered from 1, Monday; 2024 began with one.
create or replace temp macro weekday_name(number) as (
    dayname(date '2024-01-01' + (number::integer - 1))
);

-- The six hours that are numbered from 0, midnight, as a clause.
create or replace temp macro six_hours(number) as (
    format(
        'between {:02d}:00 and {:02d}:00',
        number::integer * 6,
        number::integer * 6 + 6
    )
);

-- Milliseconds, as text, in seconds.
create or replace temp macro in_seconds(ms) as format('{:.1f} s', ms::double / 1000);

-- The tier of release confidence in which a test begins to count: 1 priority high or
-- critical, 2 medium, 3 low or none (statistics.md 6.1).
create or replace temp macro priority_tier(priority) as case
    when priority in ('high', 'critical') then 1
    when priority = 'medium' then 2
    else 3
end;

-- fp-v1 (statistics.md 5.1): the masked text of a primary error message, and the key
-- that equal texts share; the same as pipelines/transform/fingerprints.py, which names
-- the masks, in the same order. RE2 folds letters of other alphabets into (?i), so that
-- the letters of http are written out.
create or replace temp macro with_times_masked(message) as (
    regexp_replace(
        regexp_replace(
            regexp_replace(
                message,
                '\x1b\[[0-9;]*[A-Za-z]',
                '', 'g'
            ),
            '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:[.,]\d+)?'
            || '(?:Z|[+-]\d{2}:?\d{2})?',
            '<TS>', 'g'
        ),
        '\b[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}'
        || '-[0-9a-fA-F]{12}\b',
        '<UUID>', 'g'
    )
);

create or replace temp macro with_places_masked(message) as (
    regexp_replace(
        regexp_replace(
            regexp_replace(
                message,
                '\b[hH][tT][tT][pP][sS]?://[^\s''"<>)]+',
                '<URL>', 'g'
            ),
            '\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b',
            '<IP>', 'g'
        ),
        '(?:[A-Za-z]:)?(?:[\\/][\w.@+~-]+){2,}',
        '<PATH>', 'g'
    )
);

create or replace temp macro with_numbers_masked(message) as (
    regexp_replace(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    message,
                    '[/+0-9a-zA-Z]{10,}=+',
                    '<BASE>', 'g'
                ),
                '\b0x[0-9a-fA-F]+\b|\b[0-9a-fA-F]{8,}\b',
                '<HEX>', 'g'
            ),
            '\d+(?:\.\d+)?',
            '<N>', 'g'
        ),
        '[\t\n\x0b\f\r ]+',
        ' ', 'g'
    )
);

create or replace temp macro fingerprint_text(message, error_type) as left(
    trim(with_numbers_masked(with_places_masked(with_times_masked(if(
        coalesce(error_type, '') = '' or starts_with(message, error_type),
        message,
        error_type || ': ' || message
    ))))),
    500
);

create or replace temp macro fingerprint_key(fingerprinted) as (
    left(sha256(fingerprinted), 32)
);

-- What stands for the message of a failure that has none: its error type is all that
-- tells it from another.
create or replace temp macro no_message_text(error_type) as (
    concat_ws(': ', nullif(trim(error_type), ''), '(no message)')
);

-- The fingerprint of a failure, of one without a message that of its error type.
create or replace temp macro failure_fingerprint(fingerprint, error_type) as (
    coalesce(fingerprint, fingerprint_key(no_message_text(error_type)))
);

-- The failing step, empty where none is known or it is the only one: that is the test
-- itself, and tells no more.
create or replace temp macro telling_step_name(failing_step_name, step_count) as (
    if(coalesce(step_count, 0) = 1, '', coalesce(failing_step_name, ''))
);
