"""One carrier, one module. Adding a file here is enough: `carriers.registry` finds it."""
