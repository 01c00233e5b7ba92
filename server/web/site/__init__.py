"""Our own pages for people: front page, profile, security, sessions, help, and what visitors may see."""
