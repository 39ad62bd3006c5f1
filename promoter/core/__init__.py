"""Every decision the bot makes. No input, no output, no clock: `now` is an argument."""
