"""The balance over time: a step line, and the same in words and in figures."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from creos_ui.services.money.wallet import Point
from creos_ui.texts import day
from pages.elements.html import box, fixed, rewrite, text
from pages.reader import Parent

WIDTH, HEIGHT, MARGIN = 300, 80, 4
MOST_ROWS = 12  # of the figures: the latest days; the movements have them all


class BalanceChart:
    """Hidden while the wallet has no movement. Made of elements and numbers: no text of anybody's is in the drawing."""

    def __init__(self, me: Parent) -> None:
        self._me = me
        self._points: list[Point] | None = None
        with box("figure", "chart") as self._figure:
            with box("svg", role="img", viewBox=f"0 0 {WIDTH} {HEIGHT}", preserveAspectRatio="none") as self._drawing:
                self._area = box("path", "area")
                self._line = box("path", "line")
            with box("div", "span", aria_hidden="true"):
                self._from = text("span", "", "num")
                self._to = text("span", "", "num")
            with box("details"):
                text("summary", me.t("wallet.chart_figures"))
                self._figures = fixed(Markup(""))

    def show(self, points: Sequence[Point]) -> None:
        """Oldest first."""
        if points == self._points:
            return
        self._points = list(points)
        self._figure.set_visibility(bool(points))
        if not points:
            return
        line = step_path(points)
        self._line.props["d"] = line
        self._area.props["d"] = f"{line}V{HEIGHT}H0Z"
        self._drawing.props["aria-label"] = self._in_words(points)
        self._from.set_text(day(points[0].day))
        self._to.set_text(day(points[-1].day))
        rewrite(self._figures, self._table(list(reversed(points))[:MOST_ROWS]))

    def _table(self, points: Sequence[Point]) -> Markup:
        rows = Markup("").join(
            Markup('<tr><td class="num">{}</td><td class="num">{}</td></tr>').format(
                day(point.day), self._me.money(point.balance_cents)
            )
            for point in points
        )
        return Markup(
            '<table><thead><tr><th scope="col">{}</th><th scope="col" class="num">{}</th></tr></thead>'
            "<tbody>{}</tbody></table>"
        ).format(self._me.t("wallet.date"), self._me.t("wallet.balance"), rows)

    def _in_words(self, points: Sequence[Point]) -> str:
        balances = [point.balance_cents for point in points]
        return self._me.t(
            "wallet.chart_words",
            first=points[0].day,
            last=points[-1].day,
            first_cents=balances[0],
            last_cents=balances[-1],
            least_cents=min(balances),
            most_cents=max(balances),
        )


def step_path(points: Sequence[Point]) -> str:
    """The drawing's line: each balance holds from its day until the next one's; zero is the lower edge."""
    days = (points[-1].day - points[0].day).days + 1  # the last day is as wide as the others
    most = max(max(point.balance_cents for point in points), 1)
    path = ""
    for point in points:
        x = (point.day - points[0].day).days * WIDTH / days
        y = HEIGHT - MARGIN - point.balance_cents * (HEIGHT - 2 * MARGIN) / most
        path += f"H{x:.1f}V{y:.1f}" if path else f"M0,{y:.1f}"
    return f"{path}H{WIDTH}"
