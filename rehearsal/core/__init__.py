"""What every cloud's stand-in is made of; nothing in here knows a cloud."""
