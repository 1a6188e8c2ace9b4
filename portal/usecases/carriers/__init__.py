"""Accounts with carriers: kept, paced, paused; what they answered; codes that no table knows."""
