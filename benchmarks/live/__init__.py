"""The product beside its peers on a real Kafka and a real Redis, doing the same job on one log.

The job is defined in `benchmarks.live.contenders.job`: counts by study and preferred term, and
by study and system organ class.  The product does it too, with its own decoding, versions,
subjects, treatments and person-time on top, and is held to more (`benchmarks.live.peer_counts`).
"""
