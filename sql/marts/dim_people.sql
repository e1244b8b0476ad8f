-- model:   dim_people
-- grain:   one row per person_key
-- inputs:  stg_users, int_named_people
-- units:   none
-- rules:   every account and everybody who triggered or owns something; words
--          that are no person (system, ci) keep themselves as name
-- columns: person_key = Surrogate of the person, or a word that is no person;
--          name = A label made from the surrogate, or the word itself;
--          first_seen_at = As-of of the first night that read the account, else
--          the first execution it triggered;
--          last_seen_at = As-of of the last night at which the source held the
--          account, else the last execution it triggered;
--          is_person = Whether it stands for a person
-- owner:   quality-insights
with people as (
    select
        coalesce(stg_users.person_key, int_named_people.person_key) as person_key,
        stg_users.is_active,
        stg_users.created_at,
        coalesce(stg_users.first_seen_at, int_named_people.first_triggered_at)
            as first_seen_at,
        coalesce(stg_users.last_seen_at, int_named_people.last_triggered_at)
            as last_seen_at
    from stg_users
    full outer join int_named_people
        on stg_users.person_key = int_named_people.person_key
),

final as (
    select
        person_key,
        if(
            list_contains(getvariable('people_words'), person_key),
            person_key,
            'person-' || right(person_key, 4)
        ) as name,
        created_at,
        first_seen_at,
        last_seen_at,
        is_active,
        not list_contains(getvariable('people_words'), person_key) as is_person
    from people
)

select * from final
