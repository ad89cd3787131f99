"""``tocsin ingest``: converts study data in other formats to a log of records."""

from __future__ import annotations

from cyclopts import App

app = App(name="ingest", help="Convert a study's data to a log that `tocsin replay` reads.")
# By import path: a format loads what it reads with, and no other format.
app.command("tocsin.commands.ingest_csv:ingest_csv", name="csv")
app.command("tocsin.commands.ingest_sdtm:ingest_sdtm", name="sdtm")
app.command("tocsin.commands.ingest_adam:ingest_adam", name="adam")
app.command("tocsin.commands.ingest_dataset_json:ingest_dataset_json", name="dataset-json")
app.command("tocsin.commands.ingest_odm:ingest_odm", name="odm")
app.command("tocsin.commands.ingest_redcap:ingest_redcap", name="redcap")
app.command("tocsin.commands.ingest_e2b:ingest_e2b", name="e2b")
