"""placeholder."""


def sampled(jobs):
    return []
