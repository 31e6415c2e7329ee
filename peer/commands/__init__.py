"""The `netplay` command, one file a verb. The only place that may import the broker."""
