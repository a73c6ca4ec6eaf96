"""Workflows: planned from plain words, bound to what runs here, described, substituted, run."""

from whichmodel.workflow.binding import Binding, bind, bindings, require_bound
from whichmodel.workflow.check import Fault, check_workflow, faults, run_order
from whichmodel.workflow.describe import Plan, StepPlan, describe
from whichmodel.workflow.enlarge import plan_enlargement
from whichmodel.workflow.load import load_workflow
from whichmodel.workflow.planner import left_out, plan, workflow_for, workflow_for_card
from whichmodel.workflow.print_size import factor_for_pixels, factor_for_print
from whichmodel.workflow.report import BatchReport, Failure, RunReport, StepReport
from whichmodel.workflow.run import run_picture, run_workflow
from whichmodel.workflow.substitute import Substitution, substitute

__all__ = [
    "BatchReport",
    "Binding",
    "Failure",
    "Fault",
    "Plan",
    "RunReport",
    "StepPlan",
    "StepReport",
    "Substitution",
    "bind",
    "bindings",
    "check_workflow",
    "describe",
    "factor_for_pixels",
    "factor_for_print",
    "faults",
    "left_out",
    "load_workflow",
    "plan",
    "plan_enlargement",
    "require_bound",
    "run_order",
    "run_picture",
    "run_workflow",
    "substitute",
    "workflow_for",
    "workflow_for_card",
]
