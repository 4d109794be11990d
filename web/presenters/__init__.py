"""From a frozen detail to what a role may see: masked, worded, in Korean time."""
