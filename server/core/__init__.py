"""What every layer of the server may lean on: settings, clock, ids, errors, secrets, logs, words."""
