"""The one gate out: plans deliveries, sends them, and releases what peers fetch. The policy is asked each time."""

from federation.delivery import GONE_AFTER, Attempt, Outcome, backoff, is_spent
from server.activitypub.egress.gate import Egress

__all__ = ["GONE_AFTER", "Attempt", "Egress", "Outcome", "backoff", "is_spent"]
