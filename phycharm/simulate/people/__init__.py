"""Digital people: anatomy, tissue properties, warps and poses."""
