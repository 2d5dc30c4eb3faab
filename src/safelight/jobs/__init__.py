"""Jobs: the line they wait in, the job itself, and the feed that tells of it."""
