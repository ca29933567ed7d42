"""AWS on this machine: MiniStack, corrected and extended at its start. Runs in .venv-ministack."""
