"""The worker process: fetches the partitions assigned to it, folds them and exports metrics."""
