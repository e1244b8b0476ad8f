-- Formulas that more than one model needs; temporary, so that no release holds them.
-- Arguments become doubles here: integer division and overflow cannot happen inside.

-- Wilson's 95 % interval of k successes among n; null where n is not above 0
-- (statistics.md 2.1). n may be an effective number and need not be whole.
create or replace temp macro wilson_low(k, n) as case
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
