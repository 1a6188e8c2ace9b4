"""The composition root: the one place that picks clocks, chance, carriers, mail and the database."""
