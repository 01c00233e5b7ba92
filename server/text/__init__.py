"""What people write and what peers send, made safe to show: sanitising, composing, counting. Pure."""
