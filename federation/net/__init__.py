"""The one way out: guarded addresses, the client for GETs, the lanes for deliveries."""
