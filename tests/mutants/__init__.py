"""Makes small faults in the product, one at a time, and runs the tests that must fail with each."""
