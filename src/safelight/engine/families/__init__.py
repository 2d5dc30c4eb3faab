"""One file per model family: how it encodes, predicts and decodes. What differs, nothing else."""
