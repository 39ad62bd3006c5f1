"""What others may call while the bot runs: hints that say when to look, and nothing else."""
