"""What the instance does, in its own words.

Synchronous functions that take a unit first; they neither commit nor enqueue: an effect on a higher noun is an event
row.
"""
