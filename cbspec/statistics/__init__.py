"""The statistics of the assertion kinds: tests of sums over seeds, and how several become one.

Source: the papers named in each module; `cbspec.judge` states what follows for verdicts.
"""
