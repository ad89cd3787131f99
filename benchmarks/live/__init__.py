"""Compares the product with its peers on a real Kafka and a real Redis, on one job and one log.

The job is defined in `benchmarks.live.contenders.job`: counts by study and preferred term, and
by study and system organ class.  The product does it with its own decoding, versions, subjects,
treatments and person-time in addition, and all of its tables are checked
(`benchmarks.live.table_counts`); of the peers the job's counts are checked
(`benchmarks.live.peer_counts`).
"""
