"""Rows of this instance as protocol objects. Imported by egress alone, so that nothing leaves past the policy."""
