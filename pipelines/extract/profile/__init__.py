"""A first look at a source of one's own: `exr profile` finds out what it holds and proposes settings."""
