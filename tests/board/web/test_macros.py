"""The macros that every page uses: tables with their links, badges, and safe text."""

from __future__ import annotations

from board.views.table import Column, ColumnKind, Table
from board.web.render import environment, static_address

TABLE = Table(
    name="terms",
    caption="Terms <b>",
    columns=[
        Column(key="term", label="Term"),
        Column(key="patients", label="Patients", kind=ColumnKind.COUNT),
        Column(key="first", label="First", kind=ColumnKind.DAY),
        Column(key="drawn", label="Drawn", kind=ColumnKind.CHART),
        Column(key="secret", label="Secret", shown=False),
    ],
    rows=[
        {"term": "<script>", "patients": 1234, "first": "2019-03-05", "secret": "hidden cell"},
        {"term": "Rash", "patients": None, "first": None},
    ],
)


def rendered(template: str) -> str:
    """The text of *template*, with the table and the macros."""
    text = '{% import "macros.html" as ui %}' + template
    return environment().from_string(text).render(table=TABLE)


def test_a_table_has_its_values_its_twins_and_no_hidden_column():
    """Numbers carry their exact value, and CSV and JSON are one step away."""
    page = rendered('{{ ui.table(table, "/s/T", "rates", query="kind=soc") }}')

    assert '<td class="number" data-value="1234">1,234</td>' in page
    assert "<td>5 Mar 2019</td>" in page and "&lt;script&gt;" in page
    assert "<script>" not in page and "hidden cell" not in page and "Drawn" not in page
    assert 'href="/s/T/rates/terms.csv?kind=soc"' in page
    assert 'href="/s/T/rates.json?kind=soc"' in page
    assert "Terms &lt;b&gt;" in page


def test_a_cell_macro_draws_the_chart_columns():
    """A page gives the macro that draws; the other columns are as without it."""
    page = rendered(
        "{% macro draw(row, column) %}{{ charts.chart(title=row.term, description='', width=1, "
        "height=1) }}{% endmacro %}{{ ui.table(table, '/s/T', 'rates', cell=draw) }}"
    )

    assert page.count("<svg") == 2 and "Drawn" in page
    assert "<title>&lt;script&gt;</title>" in page


def test_badges_days_and_numbers():
    """Levels and states are words, never colour alone."""
    assert rendered('{{ ui.state_badge("under_review") }}').endswith(">under review</span>")
    assert rendered('{{ ui.level_badge("signal") }}') == '<span class="badge signal">signal</span>'
    assert rendered('{{ ui.day("2019-03-05") }}').endswith(">5 Mar 2019</time>")
    assert rendered("{{ ui.number(0.6031) }}").endswith(">0.603</span>")


def test_a_static_file_has_its_hash_in_its_address():
    """A browser fetches a changed style sheet anew."""
    name, _, version = static_address("board.css").partition("?v=")

    assert name == "/static/board.css" and len(version) == 12
