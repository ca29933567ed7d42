"""Azure Resource Manager: what it does alike for every type of resource."""
