"""The boundary policy: pure. It knows rules and facts; it reads no rows, sends nothing, and records nothing."""
