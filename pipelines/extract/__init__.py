"""Reads a source (a MongoDB or a mongodump folder) into typed, redacted frames on disk: the spool."""
