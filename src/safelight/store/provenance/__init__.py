"""Where a picture comes from, told in the file: content credentials (C2PA) and marks in the pixels."""
