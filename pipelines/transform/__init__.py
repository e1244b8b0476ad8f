"""Turns the spool's frames into lake rows with Polars; pure functions, no source and no lake inside."""
