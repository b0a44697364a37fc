"""Networks of the rivals; PhyCHarm's own are in `phycharm.networks`."""
