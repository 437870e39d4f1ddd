"""The tasks as small multiples, grouped by benchmark, each group on one scale."""

from __future__ import annotations

from scale_forecast.data.names import count_of
from scale_forecast.show.report.contents import Report, setting_of
from scale_forecast.show.report.markup import name, tag, text
from scale_forecast.show.report.small import multiple

MOST_MULTIPLES = 600
HOW = (
    "Each picture has the family's scores from 0 to 100% by scale, with bars of two standard errors, and at the right "
    "the forecast: 50, 80 and 90% intervals, the median with its value. The pictures of a benchmark share one scale of "
    "sizes; the dotted line is chance{truth}. Point at a mark for its value, or move from picture to picture with the "
    "arrow keys."
)


def multiples(report: Report) -> str:
    """A heading a benchmark, the largest first, and below it a picture a task, the surest change first."""
    parts = dict(iter(report.history.groupby("row")))
    shown = report.tasks.head(MOST_MULTIPLES)
    settings = setting_of(shown)
    groups = []
    for benchmark, rows in shown.groupby(shown["benchmark"].astype("str"), sort=False):
        first = min(float(parts[place]["scale"].min()) for place in rows.index)
        items = []
        for place, task in zip(rows.index, rows.to_dict("records"), strict=True):
            words = tag("strong", name(task["task"])) + tag("span", text(settings[place]))
            picture = tag("figure", multiple(task, parts[place], first) + tag("figcaption", words))
            items.append(tag("li", picture, data_row=place, tabindex="-1"))
        heading = tag("h3", f"{text(benchmark)} {tag('span', count_of(len(rows), 'task'), class_='sub')}")
        groups.append(tag("div", heading + tag("ul", "".join(items), class_="multiples"), class_="group"))
    left = len(report.tasks) - len(shown)
    more = tag("p", f"{left} more tasks have no picture; the table has them.") if left > 0 else ""
    truth = "; a diamond is the score that came out" if report.tasks["truth"].notna().any() else ""
    return tag("p", HOW.format(truth=truth)) + tag("div", "".join(groups), id="multiples") + more
