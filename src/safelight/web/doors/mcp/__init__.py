"""A server for assistants, by the Model Context Protocol. Its SDK is imported when the first of them comes."""
