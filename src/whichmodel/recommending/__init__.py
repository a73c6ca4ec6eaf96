"""From an Intent to ranked models with reasons, and to the Brief that an answer is written from."""

from whichmodel.recommending.brief import make_brief
from whichmodel.recommending.rank import Ranking, Recommendation, recommend

__all__ = ["Ranking", "Recommendation", "make_brief", "recommend"]
