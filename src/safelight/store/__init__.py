"""What is kept: generations and pictures as rows, their pixels as blobs, the recipe inside every PNG."""
