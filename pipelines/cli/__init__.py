"""The command `exr`: reads the command line and the clock, calls the stages, prints sentences."""
