"""Image services behind one contract: `generate` a recipe, hear its progress, close it to cancel."""
