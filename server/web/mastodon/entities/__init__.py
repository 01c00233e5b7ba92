"""The client API's entities, as Mastodon documents them: the exact shape of every answer.

Structs with all their fields written out. Nothing here reads a row; `rendering` fills them. The tests
decode every answer of the suite with these shapes and refuse unknown or missing fields.
"""
