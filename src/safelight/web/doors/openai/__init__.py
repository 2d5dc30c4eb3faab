"""OpenAI's Images API, as its SDKs speak it: generations, edits, models, streams of partial images."""
