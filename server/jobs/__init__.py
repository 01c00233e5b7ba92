"""Work done after the answer: inbound activities, effects of what happened here, deliveries, upkeep."""
