"""The forms by name."""

from __future__ import annotations

from scale_forecast.curves import power, shares, turning
from scale_forecast.curves.forms import Form
from scale_forecast.data.errors import UsageError
from scale_forecast.data.names import did_you_mean

FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        shares.Persistence(),
        shares.Constant(),
        power.M1(),
        power.M2(),
        power.M3(),
        power.M4(),
        power.BNSL(1),
        power.BNSL(2),
        power.BNSL(3),
        shares.Law(),
        shares.Sigmoid(),
        shares.TwoSigmoids(),
        shares.UShape(),
        shares.MultiStep(),
        shares.Linear(),
        shares.Logit(),
        turning.Turn(),
        turning.TurnOfShare(),
    )
}
CHOSEN = {
    "auto": "average of forms by their extrapolation error on the curve's own last points",
    "bnsl": "BNSL with 0 to 3 breaks, their number chosen by an information criterion",
}
KINDS = ("loss", "accuracy")


def find_form(name: str, kind: str) -> Form:
    """The form of that name, if it suits the kind of curve."""
    if name not in FORMS:
        raise UsageError(f"no form {name!r}{did_you_mean(name, [*CHOSEN, *FORMS])}: see `forecast curves list`")
    form = FORMS[name]
    if kind not in form.kinds:
        raise UsageError(f"form {name!r} describes {' and '.join(form.kinds)} curves, not {kind}: choose another form")
    return form
