"""Messages <-> bytes. Every bound is in `netcode.limits`; nothing here trusts a byte."""
