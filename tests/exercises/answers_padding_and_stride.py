"""Answers to the exercises of *Padding and stride*."""

import math

from tests.exercises.answers import mutant, solution


@solution("my_out_size")
def by_counting_starts(n, k, p=0, s=1, d=1):
    last = n + 2 * p - (d * (k - 1) + 1)
    if last < 0:
        raise ValueError("too large")
    return len(range(0, last + 1, s))


@mutant("my_out_size", "stride")
def ceiling_without_one(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return math.ceil((n + 2 * p - span) / s)


@mutant("my_out_size", "stride")
def not_floored(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return (n + 2 * p - span) / s + 1


@mutant("my_out_size", "plain")
def padding_counted_once(n, k, p=0, s=1, d=1):
    span = d * (k - 1) + 1
    if span > n + 2 * p:
        raise ValueError
    return (n + p - span) // s + 1


@mutant("my_out_size", "dilation")
def dilation_forgotten(n, k, p=0, s=1, d=1):
    if d * (k - 1) + 1 > n + 2 * p:
        raise ValueError
    return (n + 2 * p - k) // s + 1


@mutant("my_out_size", "refusal")
def never_refuses(n, k, p=0, s=1, d=1):
    return max(0, (n + 2 * p - d * (k - 1) - 1) // s + 1)
