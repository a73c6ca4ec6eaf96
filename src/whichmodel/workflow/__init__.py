"""Workflows: planned from plain words, bound to what runs here, described, substituted, run."""

from whichmodel.workflow.advice import Decision, decide, with_prepared
from whichmodel.workflow.binding import Binding, bind, bindings, require_bound
from whichmodel.workflow.check import Fault, check_workflow, faults, run_order
from whichmodel.workflow.describe import Plan, StepPlan, describe
from whichmodel.workflow.enlarge import plan_enlargement
from whichmodel.workflow.load import load_workflow
from whichmodel.workflow.looking import look_at
from whichmodel.workflow.planner import enlarges, left_out, plan, workflow_for, workflow_for_card
from whichmodel.workflow.print_size import PrintTarget, factor_for_pixels, factor_for_print, print_target
from whichmodel.workflow.report import BatchReport, Failure, RunReport, StepReport
from whichmodel.workflow.run import run_picture, run_workflow
from whichmodel.workflow.substitute import Substitution, substitute

__all__ = [
    "BatchReport",
    "Binding",
    "Decision",
    "Failure",
    "Fault",
    "Plan",
    "PrintTarget",
    "RunReport",
    "StepPlan",
    "StepReport",
    "Substitution",
    "bind",
    "bindings",
    "check_workflow",
    "decide",
    "describe",
    "enlarges",
    "factor_for_pixels",
    "factor_for_print",
    "faults",
    "left_out",
    "load_workflow",
    "look_at",
    "plan",
    "plan_enlargement",
    "print_target",
    "require_bound",
    "run_order",
    "run_picture",
    "run_workflow",
    "substitute",
    "with_prepared",
    "workflow_for",
    "workflow_for_card",
]
