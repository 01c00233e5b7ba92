"""ActivityPub as this instance speaks it: one gate in, one gate out, a handler for each activity."""
