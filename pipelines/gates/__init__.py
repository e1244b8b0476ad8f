"""Quality gates: rules, the judge, and the verdicts they give."""
