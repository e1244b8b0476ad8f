"""One module per section of a report: the facts it shows and the queries that read them."""
