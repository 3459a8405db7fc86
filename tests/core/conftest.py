"""Properties are checked without a clock: how long one example takes depends on who else uses the machine."""

from hypothesis import settings

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")
