"""Who stands apart from the leaderboard: who lacks scores, and methods to a common domain."""
