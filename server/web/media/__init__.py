"""Pictures for apps and pages: of posts by links that end, avatars and headers by keyed addresses."""
