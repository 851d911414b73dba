"""The summary as a page: one row for each search, then the headlines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import groupby
from typing import Any

import numpy as np

from darkaon.greek import plain
from darkaon.report.headlines import MISSED, NO_RESULT, NOT_COUNTED, REPRODUCED
from darkaon.report.html import number, page
from darkaon.report.summary import Best, Number, Reach, Row, best, method
from darkaon.tables.masses import hypotheses_of, masses_of

STYLE = """td, th { text-align: left; vertical-align: top; padding: 0.4em 0.6em; }
td p { margin: 0 0 0.3em; } .small { color: #555; } .value { white-space: nowrap; }
.reproduced { color: #00704a; } .missed { color: #b03a00; } .not, .no { color: #666; }
.searches td:nth-child(4), .searches td:nth-child(6) { min-width: 13em; }
.searches td:nth-child(3) { min-width: 10em; } .searches td:nth-child(5) { min-width: 15em; }
@media (max-width: 60em) { thead { display: none; } td:nth-child(n) { min-width: 0 !important; }
  tr, td { display: block; border: 0; } tr { border-bottom: 2px solid #999; padding: 0.5em 0; }
  td::before { content: attr(data-name); font-weight: bold; display: block; } }
@media print { body { margin: 0; font-size: 11px; max-width: none; } tr { break-inside: avoid; }
  details::details-content { content-visibility: visible; display: block; }
  @page { size: A4 landscape; margin: 1cm; } }
"""
WORDS = {
    "cited": "stands in the publication named",
    "derived": "arithmetic from read numbers",
    "recalled": "from memory, not verified",
    "tuned": "chosen so that a simulation agrees",
}
HEADS = ("Search", "Masses", "Data and method", "Best limit on B", "Benchmarks", "Published headlines", "Numbers")
Links = Mapping[str, Sequence[str]]


def summary_page(rows: Sequence[Row], figures: Links) -> str:
    """The whole page.

    Args:
        rows: the searches.
        figures: search or model -> ids of its figures, which lie in the folder `figures` beside the page.
    """
    body = [_lead(rows), _rows("searches", HEADS, (_cells(row, figures) for row in rows))]
    headlines = [(row, headline) for row in rows for headline in row.headlines]
    if headlines:
        body += [
            _headline_lead(rows),
            _rows("headlines", HEADLINE_HEADS, (_headline(row, line) for row, line in headlines)),
        ]
    return page("Summary of the searches", body, STYLE, width=88)


def _lead(rows: Sequence[Row]) -> str:
    labels = sorted({row.label or "published" for row in rows})
    statuses = "; ".join(f"<b>{status}</b>: {words}" for status, words in WORDS.items())
    return (
        f"<p>{len(rows)} searches. The limits are from: {escape('; '.join(labels))}. "
        "<b>Simulated</b> ones say what a search can do and nothing of nature. Published limits are those of the "
        f"real experiments.</p><p>How sure the numbers from outside are: {statuses}.</p>"
    )


def _rows(name: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = (
        "<tr>"
        + "".join(f'<td data-name="{text}">{cell}</td>' for text, cell in zip(heads, row, strict=True))
        + "</tr>"
        for row in rows
    )
    head = "".join(f"<th>{text}</th>" for text in heads)
    return f'<table class="{name}"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _cells(row: Row, figures: Links) -> list[str]:
    settings = row.settings
    reference = settings.get("reference")
    links = _links(figures.get(row.search, ()))
    search = [
        f"<p><b>{row.search}</b></p><p>{_plain(settings['title'])}</p>",
        f'<p class="small">{_plain(_process(settings))}'
        f"{', arXiv:' + escape(reference['arxiv']) if reference else ''}</p>",
        f'<p class="small">{links}</p>' if links else "",
    ]
    periods = settings.get("periods") or settings.get("counts") or {}
    data = [f"<p><b>{row.label or 'published'}</b>{': ' + escape(', '.join(periods)) if periods else ''}</p>"]
    data.append(f'<p class="small">{escape(method(settings))}</p>')
    return [
        "".join(search),
        _masses(row),
        "".join(data),
        _limits(row),
        "".join(_model(list(same), row.label, figures) for _, same in groupby(row.reaches, lambda reach: reach.model))
        or "none in this run",
        "".join(_verdict(line) for line in row.headlines) or "none given",
        _numbers(row),
    ]


def _process(settings: Mapping[str, Any]) -> str:
    if "process" not in settings:
        return "no process: limits on signal events"
    return f"{settings['process']}, final state {settings['final_state']}"


def _masses(row: Row) -> str:
    limits = row.own or row.published
    assert limits is not None
    hypotheses = set(hypotheses_of(limits))
    times = ", ".join("stable" if np.isinf(t) else f"{t:g}" for t in np.unique(limits["lifetime_ns"]))
    times = "no lifetime" if np.isnan(limits["lifetime_ns"]).all() else f"lifetimes [ns]: {times}"
    if len(hypotheses) == 1:
        return f'<p>{limits["mass_MeV"][0]:.4g} MeV</p><p class="small">{times}</p>'
    spans = ", ".join(f"{of.min():.4g} to {of.max():.4g}" for of in masses_of(limits).values())
    return f'<p>{spans} MeV</p><p class="small">{len(hypotheses)} hypotheses; {times}</p>'


def _limits(row: Row) -> str:
    html = []
    for name, table, column in (
        (f"observed, {row.label}", row.own, "observed"),
        (f"expected, {row.label}", row.own, "expected"),
        ("observed, published", row.published, "observed"),
    ):
        found = best(table, column) if table else None
        if found:
            html.append(f"<p>{_limit(found)}<br><span class='small'>{name}</span></p>")
    if row.comparison is not None and row.own is not None:
        strongest = best(row.own, "expected")
        lines = row.comparison
        for i in range(len(lines)):
            if strongest and lines["lifetime_ns"][i] == strongest.lifetime_ns:
                html.append(
                    f"<p class='small'>{lines['first_mass_MeV'][i]:.4g} to {lines['last_mass_MeV'][i]:.4g} MeV: "
                    f"{100 * lines['inside_band'][i]:.1f} % of the published limits inside our ±2σ band, median "
                    f"published / expected {lines['ratio'][i]:.2f}</p>"
                )
    return "".join(html)


def _limit(found: Best) -> str:
    second = "" if np.isnan(found.mass2_MeV) else f", {found.mass2_MeV:.4g}"
    if np.isnan(found.lifetime_ns):
        return f"<b class='value'>{found.value:.4g}</b> signal events at {found.mass_MeV:.4g} MeV"
    time = "stable" if np.isinf(found.lifetime_ns) else f"{found.lifetime_ns:g} ns"
    return f"<b class='value'>{found.value:.2e}</b> at {found.mass_MeV:.4g}{second} MeV, {time}"


def _model(reaches: Sequence[Reach], label: str, figures: Links) -> str:
    """One model: the smallest couplings from own and from published limits."""
    name = escape(reaches[0].model.upper().replace("_", "-"))
    html = (
        f"<b class='value'>{reach.value:.2e}</b> at {reach.mass_MeV:.4g} MeV"
        f" <span class='small'>({'published' if reach.published else escape(label)})</span>"
        for reach in reaches
    )
    linked = _links(figures.get(reaches[0].model, ()), name) or name
    return f"<p>{linked}, {escape(reaches[0].coupling)} from {', '.join(html)}</p>"


def _verdict(line: Mapping[str, Any]) -> str:
    ratio = "" if np.isnan(line["ratio"]) else f", ours / published {line['ratio']:.3g}"
    reason = _reason(line) if line["verdict"] == MISSED else ""
    return f"<p>{_plain(line['headline'])}{ratio}: {_coloured(line['verdict'])}{reason}</p>"


def _coloured(verdict: str) -> str:
    return f"<b class='{verdict.split(maxsplit=1)[0]}'>{verdict}</b>"


def _reason(line: Mapping[str, Any]) -> str:
    if line["verdict"] == MISSED:
        return f"<br><span class='small'>{_plain(line['reason'] or 'the reason is not known')}</span>"
    return f"<br><span class='small'>{_plain(line['reason'])}</span>" if line["verdict"] == NOT_COUNTED else ""


def _numbers(row: Row) -> str:
    counts = ", ".join(f"{len(names)} {status}" for status in WORDS if (names := row.statuses.get(status)))
    html = f"<p>{counts}</p>" if counts else ""
    if row.unsure:
        html += _folded("not read", "".join(_number(number) for number in row.unsure))
    source = row.published.header.get("source", "") if row.published else ""
    if source:
        html += _folded("published limits", f"<p>{'</p><p>'.join(_plain(line) for line in source.splitlines())}</p>")
    return html or "none from outside"


def _number(of: Number) -> str:
    return (
        f"<p><b>{of.status}</b> {_plain(of.name)}: {escape(of.value)}"
        f"<br><span class='small'>{escape(of.source)}</span></p>"
    )


def _folded(name: str, content: str) -> str:
    return f"<details><summary>{name}</summary>{content}</details>"


def _links(names: Sequence[str], text: str = "") -> str:
    if text and names:
        return f'<a href="figures/{names[0]}.png">{text}</a>'
    return " ".join(f'<a href="figures/{name}.png">{name}</a>' for name in names)


def _plain(text: str) -> str:
    return escape(plain(text))


HEADLINE_HEADS = ("search", "headline", "published", "ours", "our CLs", "ratio", "asked", "verdict")


def _headline_lead(rows: Sequence[Row]) -> str:
    counts = ", ".join(
        f"{sum(row.verdicts(verdict) for row in rows)} {words}"
        for verdict, words in (
            (REPRODUCED, "reproduced"),
            (MISSED, "missed"),
            (NOT_COUNTED, "not counted, since no check"),
            (NO_RESULT, "without a result in this run"),
        )
    )
    return (
        f"<h2>Published headlines</h2><p>{counts}. Each is compared with our number under the treatment that the "
        "experiment used; our own CLs result, with the background subtracted, stands beside it.</p>"
    )


def _headline(row: Row, line: Mapping[str, Any]) -> list[str]:
    treatment = str(line["treatment"]).replace("_", " ")
    fraction = f"; scaled from {line['data_fraction']:g} of the data" if line["data_fraction"] < 1 else ""
    source = f"<br><span class='small'>{line['status']}: {escape(line['source'])}</span>"
    return [
        escape(row.search),
        _plain(line["headline"]) + source,
        number(line["published"], 3),
        f"{number(line['ours'], 3)}<br><span class='small'>{treatment}{fraction}</span>",
        number(line["cls"], 3),
        number(line["ratio"], 3),
        f"{line['lowest_ratio']:.3g} to {line['highest_ratio']:.3g}",
        _coloured(line["verdict"]) + _reason(line),
    ]
