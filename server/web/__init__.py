"""HTTP: surfaces that do not know each other, on one kit."""
