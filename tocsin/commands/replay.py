"""``tocsin replay``: folds a log from a file or a topic by the same functions as a worker."""

from __future__ import annotations

from pathlib import Path

from streams.processor.pipeline import Pipeline
from streams.records.decode import DECODE_BATCH_SIZE
from streams.records.signing import TRUST_ANYONE, Trust
from streams.replay.replay import Replay
from tocsin.commands.replay_options import Options, TopicRange
from tocsin.commands.replay_output import finish_replay, print_alert, report_refusals
from tocsin.common.exits import Exit, Stop
from tocsin.common.gc_tuning import disable_gc
from tocsin.common.log_file import LogFile


def replay(
    log: Path | None = None,
    /,
    *,
    options: Options | None = None,
    topic_range: TopicRange | None = None,
) -> None:
    """Replay LOG: print alerts as they are raised, then tables, evidence and record counts.

    Exit codes: 0 done, 2 a flag, a file or a plan is invalid, 3 no study could be opened (with
    --strict: a record is not included), 4 the broker or the store does not answer, 10 a watch
    signalled (with --fail-on-signal).

    Parameters
    ----------
    log
        A file of records, one JSON object per line, in the order of arrival.
    """
    options, topic_range = options or Options(), topic_range or TopicRange()
    if (log is None) == (topic_range.topic is False):
        raise Stop(Exit.USAGE, "Give either a LOG to replay, or --topic.")
    if log is None:
        # Imported here, because a Kafka client takes 0.25 s to load.
        from tocsin.commands import replay_topic

        replay_topic.replay_range(topic_range, options)
        return
    if topic_range != TopicRange():
        raise Stop(Exit.USAGE, "--partition, --from, --until and --space need --topic.")
    _replay_file(log, options)


def _replay_file(log: Path, options: Options) -> None:
    disable_gc()
    trust = _read_trust(options.keys) if options.keys else TRUST_ANYONE
    replay_run = Replay(what_if=options.what_if, pipeline=Pipeline(trust=trust))
    console = options.console()
    log_file = LogFile(log, show_progress=not (options.quiet or options.json_lines))
    has_signal = False
    with log_file.lines() as lines:
        # From a pipe, fold each line at once: the next one may come much later.
        for alert in replay_run.run(lines, DECODE_BATCH_SIZE if log.is_file() else 1):
            has_signal |= alert.level == "signal"
            print_alert(alert, replay_run, None if options.json_lines else console)
    report_refusals(replay_run.excluded_lines, log_file.hint)
    finish_replay(replay_run, options, console, str(log), has_signal=has_signal)


def _read_trust(keys: str) -> Trust:
    # Imported here, because only keys need settings.
    from tocsin.common.settings import load_settings, load_trust_file

    return load_trust_file(keys, load_settings().plan_signers)
