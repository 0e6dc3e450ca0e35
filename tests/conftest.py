"""What holds for every test: hypothesis judges what is found, never how long it took on a busy
machine.
"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("unhurried")
