"""A stand-in for WeCom and the bit of WeChat that we use: a real HTTP server for demos, training and tests.

our app --HTTP--> wire ─> state (contacts, chats, cards, media, codes, owners) ─> callbacks --encrypted HTTP--> our app
the page --JSON--> page_office, page_phones ──┘      faults strike on the way, feed tells the page
"""

from bot.sandbox.contacts import Department, Member
from bot.sandbox.faults import Fault, FaultKind
from bot.sandbox.server import RunningSandbox, create_sandbox_app, start_sandbox
from bot.sandbox.settings import SandboxSettings
from bot.sandbox.state import Sandbox

__all__ = [
    "Department",
    "Fault",
    "FaultKind",
    "Member",
    "RunningSandbox",
    "Sandbox",
    "SandboxSettings",
    "create_sandbox_app",
    "start_sandbox",
]
