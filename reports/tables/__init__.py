"""Tables: the leaderboard, directions, statistics, the paper's."""
