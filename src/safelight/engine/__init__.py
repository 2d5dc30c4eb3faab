"""The engine: samplers are generators that ask for model evaluations, and the engine is their trampoline.

Synchronous, and ignorant of the web, asyncio and settings. Importing this package does not import torch;
`safelight.engine.engine` does.
"""
