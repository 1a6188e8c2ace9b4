"""Sheets that a shopper prints and lays into a parcel or sticks on it, as PDF. Loaded when one is wanted."""
