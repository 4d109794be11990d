"""The JSON API of version 1, one file a resource."""
