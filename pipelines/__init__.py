"""The stages of a night as plain functions: extract, transform, analyse, judge, report, deliver."""
