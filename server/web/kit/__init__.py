"""Craft shared by the HTTP surfaces: routing, authentication, errors, forms, paging, limits, units."""
