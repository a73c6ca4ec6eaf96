"""The language-model writer (extra `[llm]`): a model drafts, the audit judges every sentence.

    whichmodel answer PROMPT --writer llm:NAME

NAME is a model of the `llm` library, as `llm models` lists them: a provider's model with its key, or a
local one. The built-in answer is plan, frame and fallback: workflow, table, drawing, names and links are
never the model's. `WHICHMODEL_LLM_TIMEOUT` limits the time in seconds (60).
"""

from whichmodel.answering.llm.writer import PREFIX, write_with_model

__all__ = ["PREFIX", "write_with_model"]
