-- model:   chk_words_are_known
-- grain:   one row per table_name, column_name, word
-- inputs:  fct_executions, fct_attempts, fct_steps
-- units:   row_count = rows
-- rules:   no status, type or outcome of the source is outside the vocabulary
-- severity: warning
-- columns: table_name = Table in which the word stands;
--          column_name = Column of the word;
--          word = The source's word where it is kept, else unknown;
--          row_count = Rows with it
-- owner:   quality-insights
with words as (
    select
        'fct_executions' as table_name,
        'status' as column_name,
        status as word
    from fct_executions
    where outcome = 'unknown'
    union all by name
    select
        'fct_executions' as table_name,
        'execution_type' as column_name,
        execution_type as word
    from fct_executions
    where not is_execution_type(execution_type)
    union all by name
    select
        'fct_attempts' as table_name,
        'outcome' as column_name,
        outcome as word
    from fct_attempts
    where outcome = 'unknown'
    union all by name
    select
        'fct_steps' as table_name,
        'outcome' as column_name,
        outcome as word
    from fct_steps
    where outcome = 'unknown'
),

final as (
    select
        table_name,
        column_name,
        word,
        count(*) as row_count
    from words
    group by all
)

select * from final
