"""What other instances call: inboxes, signed fetches, discovery."""
