"""WebFinger, NodeInfo and host-meta: built for others, and looked up at others."""
