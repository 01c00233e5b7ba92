"""Findings of personal data in text, and their redaction. Pure. What it yields is de-identified, never "anonymised"."""
