"""Test histories made from a seed, with known truth: for tests, benchmarks and the documentation."""
