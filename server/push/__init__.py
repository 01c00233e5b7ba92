"""Web push without a network: encryption for one device, and the proof of who sends."""
