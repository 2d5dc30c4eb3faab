"""How the embedded sprite model is made: from public artwork to a stock diffusers directory.

Read :mod:`safelight.training.run` first: it names the stages in order. Needs the ``train`` extra and ``npm``.
"""
