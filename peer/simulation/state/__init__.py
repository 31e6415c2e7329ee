"""The graph of an environment's objects: remembered, put back and compared."""
