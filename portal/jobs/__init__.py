"""What happens on a schedule. `schedule` is the list, `runner` ticks it."""
