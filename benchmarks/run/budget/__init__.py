"""What twice the budget gains."""
