"""A support bot for an online shop: triage, conversation, hand-over."""
