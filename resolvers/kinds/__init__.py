"""The kinds of question: ours, one file a kind, then those that other installed packages bring."""

from __future__ import annotations

from scale_forecast.data.members import Members
from scale_forecast.resolvers.kinds.all_of import AllOf
from scale_forecast.resolvers.kinds.any_of import AnyOf
from scale_forecast.resolvers.kinds.base import Kind, KindOfQuestion
from scale_forecast.resolvers.kinds.choice import Choice
from scale_forecast.resolvers.kinds.comparison import Comparison
from scale_forecast.resolvers.kinds.count import Count
from scale_forecast.resolvers.kinds.date import Date
from scale_forecast.resolvers.kinds.first_by import FirstBy
from scale_forecast.resolvers.kinds.lead_margin import LeadMargin
from scale_forecast.resolvers.kinds.leads import Leads
from scale_forecast.resolvers.kinds.manual import Manual
from scale_forecast.resolvers.kinds.not_ import Not
from scale_forecast.resolvers.kinds.numeric import Numeric
from scale_forecast.resolvers.kinds.release import Release
from scale_forecast.resolvers.kinds.reversal import Reversal
from scale_forecast.resolvers.kinds.size import Size
from scale_forecast.resolvers.kinds.threshold import Threshold
from scale_forecast.resolvers.kinds.u_shape import UShape

KINDS: Members[type[Kind]] = Members(
    "scale_forecast.kinds",
    (
        Threshold,
        Reversal,
        UShape,
        Comparison,
        Leads,
        LeadMargin,
        Choice,
        Numeric,
        Date,
        Size,
        Release,
        FirstBy,
        Count,
        AllOf,
        AnyOf,
        Not,
        Manual,
    ),
    KindOfQuestion,
    noun="kind of question",
)

Kind.kinds = KINDS
