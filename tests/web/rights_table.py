"""Every route and the roles that it lets in: whoever adds a route thinks here about who may call it."""

from __future__ import annotations

from core.actor import Role

LETTERS = {
    "A": Role.AGENT,
    "D": Role.DISPATCHER,
    "P": Role.POINT,
    "T": Role.TECHNICIAN,
    "Q": Role.QA,
    "M": Role.MANAGER,
    "X": Role.ADMIN,
}
TABLE = {
    "-": """
        GET /
        GET /api/v1/health
        GET /api/v1/ready
        GET /docs
        POST /language
        GET /login
        GET /m/app.webmanifest
        GET /m/worker.js
        POST /login
        GET /login/once/{token}
        GET /login/provider
        GET /login/provider/back
        GET /login/second
        POST /login/second
        POST /logout
        GET /t/{token}
        GET /t/{token}/approval
        POST /t/{token}/approval
        GET /t/{token}/away
        POST /t/{token}/away
        GET /t/{token}/call
        POST /t/{token}/call
        GET /t/{token}/complaint
        POST /t/{token}/complaint
        GET /t/{token}/correction
        POST /t/{token}/checkup
        GET /t/{token}/cost
        POST /t/{token}/language
        GET /t/{token}/photo
        GET /t/{token}/texts
        GET /t/{token}/texts/{whose}
        POST /t/{token}/texts
        GET /t/{token}/time
        POST /t/{token}/time
        GET /t/{token}/try
        GET /t/{token}/{_rest:path}
        GET /unlock
        POST /unlock
        POST /webhooks/solapi/{token}
    """,
    "ADMX": """
        GET /agent
        GET /agent/households/{household_id}
        POST /agent/households/{household_id}/adverts
        POST /agent/households/{household_id}/language
        POST /agent/households/{household_id}/notices
        GET /agent/new
        POST /agent/new
        POST /agent/new/echo/{field}
        POST /agent/new/guide
        POST /agent/new/guide/place
        POST /agent/new/known
        POST /agent/new/open
        GET /agent/search
        GET /agent/tickets/{number}
        POST /agent/tickets/{number}/adverts
        POST /agent/tickets/{number}/advice
        POST /agent/tickets/{number}/approval
        POST /agent/tickets/{number}/call
        POST /agent/tickets/{number}/cancellation
        POST /agent/tickets/{number}/danger
        POST /agent/tickets/{number}/escalation
        GET /agent/tickets/{number}/head
        GET /agent/tickets/{number}/live
        POST /agent/tickets/{number}/location
        POST /agent/tickets/{number}/note
        POST /agent/tickets/{number}/number
        POST /agent/tickets/{number}/other-case
        POST /agent/tickets/{number}/reopening
        POST /agent/tickets/{number}/same-case
        POST /agent/tickets/{number}/self-fix
        GET /agent/tickets/{number}/tasks
        POST /agent/tickets/{number}/tasks/{task_id}
        POST /agent/tickets/{number}/window
        GET /agent/tickets/{number}/windows
        GET /agent/waiting
        POST /api/v1/tickets
        POST /api/v1/tickets/{number}/approvals/{approval_id}/answer
        POST /api/v1/tickets/{number}/calls
        POST /api/v1/tickets/{number}/self-fix
    """,
    "ADPMX": """
        POST /messages/{notice_id}/resend
        POST /api/v1/tickets/on-paper
        POST /api/v1/tickets/{number}/cancellation
    """,
    "ADPQMX": """
        GET /messages
        GET /messages/list
        GET /messages/now
        GET /messages/{notice_id}
    """,
    "MX": """
        GET /campaigns
        POST /campaigns
        GET /campaigns/new
        GET /campaigns/opinions
        POST /campaigns/opinions
        GET /campaigns/{campaign_id}
        POST /campaigns/{campaign_id}/{step}
        GET /manager
        GET /manager/money
        POST /manager/money/file
        GET /messages/costs
    """,
    "ADPT": """
        POST /api/v1/tickets/{number}/contact-attempts
    """,
    "ADPTQMX": """
        GET /account
        POST /account/devices/{device_id}/end
        POST /account/password
        POST /account/recovery-codes
        POST /account/second-factor
        POST /account/sessions/others/end
        POST /account/sessions/{session_id}/end
        GET /api/v1/metrics
        GET /api/v1/plans/{service_point}/{day}
        GET /api/v1/service-points
        GET /api/v1/slots
        GET /api/v1/technicians
        GET /api/v1/tickets
        GET /api/v1/tickets/{number}
        GET /api/v1/tickets/{number}/approvals
        POST /api/v1/tickets/{number}/escalation
        GET /live
        POST /live/active
        GET /live/here
        GET /phones
        GET /phones/list
        POST /unmask/household/{household_id}
        POST /unmask/ticket/{number}
    """,
    "ADQMX": """
        POST /api/v1/tickets/{number}/reopening
    """,
    "DMX": """
        GET /dispatch
        GET /dispatch/lanes/{code}
        GET /dispatch/map.json
        GET /dispatch/proposals
        GET /dispatch/proposals/bar
        GET /dispatch/proposals/list
        POST /dispatch/proposals/{plan_id}/decision
        GET /dispatch/queue
        GET /dispatch/tickets/{number}
        POST /dispatch/tickets/{number}/acceptance
        POST /dispatch/tickets/{number}/assignment
        POST /dispatch/tickets/{number}/assignment/preview
        POST /dispatch/tickets/{number}/attempt
        POST /dispatch/tickets/{number}/cancellation
        GET /dispatch/tickets/{number}/crew
        POST /dispatch/tickets/{number}/escalation
        GET /dispatch/tickets/{number}/facts
        POST /dispatch/tickets/{number}/other-case
        GET /dispatch/tickets/{number}/other-points
        GET /dispatch/tickets/{number}/why
        POST /dispatch/tickets/{number}/reopening
        POST /dispatch/tickets/{number}/replan
        POST /dispatch/tickets/{number}/same-case
        POST /dispatch/tickets/{number}/tasks/{task_id}
        POST /dispatch/tickets/{number}/transfer
        POST /dispatch/tickets/{number}/technician-wish
        POST /dispatch/tickets/{number}/unpinning
        POST /dispatch/tickets/{number}/visit/absent
        POST /dispatch/tickets/{number}/visit/completed
        POST /dispatch/tickets/{number}/visit/hold
        POST /dispatch/tickets/{number}/visit/{step_name}
        GET /dispatch/tickets/{number}/windows
    """,
    "DP": """
        POST /api/v1/tickets/{number}/acceptance
        POST /api/v1/tickets/{number}/payments/{payment_id}/corrections
        POST /api/v1/tickets/{number}/payments/{payment_id}/refunds
        POST /point/replans
        POST /point/tickets/{number}/acceptance
        POST /point/tickets/{number}/attempt
        GET /point/paper
        POST /point/paper
        GET /point/tickets/{number}/bills/{visit_id}
        GET /point/tickets/{number}/paper
        POST /point/tickets/{number}/paper
        POST /point/tickets/{number}/bills/{visit_id}
        POST /point/tickets/{number}/bills/{visit_id}/payments
        POST /point/tickets/{number}/bills/{visit_id}/preview
        POST /point/tickets/{number}/numbers
        POST /point/tickets/{number}/refusal
        POST /point/tickets/{number}/tasks/{task_id}/done
    """,
    "DPMX": """
        POST /api/v1/plans/{service_point}/{day}/replans
        POST /api/v1/tickets/{number}/assignment
        GET /point
        GET /point/money
        GET /point/tickets/{number}/bills/{visit_id}/payments
        POST /point/absences
        POST /point/absences/{absence_id}/end
        POST /point/closures
        POST /point/closures/{closure_id}/end
        POST /point/duty
        POST /point/duty/gaps
        GET /point/day-sheet
        POST /point/day-sheet
        GET /point/parts/{part}
        GET /point/pick
        POST /point/proposals/{plan_id}
        GET /point/rota
        GET /point/tickets
        GET /point/tickets/{number}
        POST /point/tickets/{number}/assignment
        GET /point/tickets/{number}/decline
        GET /point/tickets/{number}/head
    """,
    "DPTMX": """
        GET /api/v1/tickets/{number}/payments
    """,
    "DPT": """
        POST /api/v1/tickets/{number}/approvals
        POST /api/v1/tickets/{number}/payments
        POST /api/v1/tickets/{number}/visit/absent
        POST /api/v1/tickets/{number}/visit/arrived
        POST /api/v1/tickets/{number}/visit/completed
        POST /api/v1/tickets/{number}/visit/en-route
        POST /api/v1/tickets/{number}/visit/hold
        POST /api/v1/tickets/{number}/visit/started
        GET /m
        GET /m/money
        POST /m/money/close
        GET /m/route
        POST /m/tasks/{task_id}/done
        GET /m/{number}
        POST /m/{number}/absent
        POST /m/{number}/acknowledged
        POST /m/{number}/approval
        POST /m/{number}/arrived
        POST /m/{number}/attempt
        POST /m/{number}/bill
        POST /m/{number}/boiler
        POST /m/{number}/correction
        POST /m/{number}/completed
        POST /m/{number}/departed
        POST /m/{number}/hold
        POST /m/{number}/mistake
        GET /m/{number}/now
        POST /m/{number}/payment
        POST /m/{number}/started
        GET /m/{number}/{step}
    """,
    "DQMX": """
        GET /api/v1/happy-calls
    """,
    "QM": """
        POST /api/v1/happy-calls/{happy_call_id}/attempts
    """,
    "QMX": """
        GET /qa
        GET /qa/list
        GET /qa/{happy_call_id}
        POST /qa/{happy_call_id}/attempts
        POST /qa/{happy_call_id}/dial
        GET /qa/{happy_call_id}/state
    """,
    "T": """
        POST /m/devices
        POST /m/devices/end
        GET /m/told/{notice_id}
        POST /m/told/{notice_id}
    """,
    "X": """
        GET /admin
        GET /admin/access-log
        POST /admin/access-log/file
        POST /admin/access-log/reviews
        GET /admin/calendar
        GET /admin/calendar/new
        POST /admin/calendar/new
        POST /admin/calendar/{day}/clear
        GET /admin/companies
        GET /admin/companies/edit
        POST /admin/companies/edit
        GET /admin/companies/new
        POST /admin/companies/new
        POST /admin/companies/switch/{membership_id}
        GET /admin/duty
        POST /admin/duty/fill
        GET /admin/duty/{place}
        POST /admin/duty/{place}/fill
        GET /admin/duty/{place}/new
        POST /admin/duty/{place}/new
        GET /admin/faults
        GET /admin/faults/{event_id}/drop
        POST /admin/faults/{event_id}/drop
        POST /admin/faults/{event_id}/retry
        GET /admin/history
        GET /admin/imports
        POST /admin/imports
        GET /admin/imports/files/{upload_id}
        POST /admin/imports/files/{upload_id}
        GET /admin/imports/templates/{kind}
        GET /admin/imports/{import_id}
        GET /admin/people
        GET /admin/people/new
        POST /admin/people/new
        GET /admin/people/{person_id}
        GET /admin/people/{person_id}/access/{step}
        POST /admin/people/{person_id}/access/{step}
        GET /admin/people/{person_id}/disable
        POST /admin/people/{person_id}/disable
        GET /admin/people/{person_id}/edit
        POST /admin/people/{person_id}/edit
        POST /admin/people/{person_id}/enable
        GET /admin/people/{person_id}/login
        POST /admin/people/{person_id}/login
        GET /admin/people/{person_id}/memberships
        POST /admin/people/{person_id}/memberships
        GET /admin/people/{person_id}/memberships/{membership_id}/badge
        POST /admin/people/{person_id}/memberships/{membership_id}/badge
        GET /admin/people/{person_id}/memberships/{membership_id}/end
        POST /admin/people/{person_id}/memberships/{membership_id}/end
        GET /admin/person-data
        POST /admin/person-data/file
        POST /admin/person-data/search
        GET /admin/people/{person_id}/provider
        GET /admin/people/{person_id}/photo
        POST /admin/people/{person_id}/photo
        POST /admin/people/{person_id}/provider
        GET /admin/points
        GET /admin/points/map
        GET /admin/points/new
        POST /admin/points/new
        GET /admin/points/{code}
        GET /admin/points/{code}/closures
        POST /admin/points/{code}/closures
        POST /admin/points/{code}/closures/{closure_id}/end
        GET /admin/points/{code}/edit
        POST /admin/points/{code}/edit
        GET /admin/points/{code}/end
        POST /admin/points/{code}/end
        GET /admin/points/{code}/hours
        POST /admin/points/{code}/hours
        GET /admin/texts
        GET /admin/texts/{event}/{variant}
        POST /admin/texts/{event}/{variant}
        POST /admin/texts/{event}/{variant}/preview
        POST /admin/texts/{event}/{variant}/trial
        GET /admin/prices
        POST /admin/prices/fee
        GET /admin/prices/new
        POST /admin/prices/new
        GET /admin/prices/{code}/{tier}
        GET /admin/prices/{code}/{tier}/change
        POST /admin/prices/{code}/{tier}/change
        GET /admin/prices/{code}/{tier}/recall/{day}
        POST /admin/prices/{code}/{tier}/recall/{day}
        GET /admin/prices/{code}/{tier}/withdraw
        POST /admin/prices/{code}/{tier}/withdraw
        GET /admin/qualifications
        GET /admin/qualifications/new
        POST /admin/qualifications/new
        GET /admin/qualifications/{qualification_id}/end
        POST /admin/qualifications/{qualification_id}/end
        GET /admin/retention
        GET /admin/notices
        GET /admin/notices/{event}/change
        POST /admin/notices/{event}/change
        GET /admin/settings
        GET /admin/settings/{key}
        GET /admin/settings/{key}/change
        POST /admin/settings/{key}/change
        GET /admin/shifts
        GET /admin/shifts/absence
        POST /admin/shifts/absence
        GET /admin/shifts/new
        POST /admin/shifts/new
        POST /admin/shifts/{shift_id}/remove
        GET /admin/start
        GET /admin/tokens
        GET /admin/tokens/new
        POST /admin/tokens/new
        GET /admin/tokens/{token_id}/revoke
        POST /admin/tokens/{token_id}/revoke
        GET /admin/warranty
        GET /admin/warranty/new
        POST /admin/warranty/new
    """,
}
"""Roles by their letters -> `METHOD path`. `-`: nobody has to sign in."""

ALLOWED: dict[str, frozenset[Role]] = {
    line.strip(): frozenset(LETTERS[letter] for letter in roles if letter != "-")
    for roles, lines in TABLE.items()
    for line in lines.strip().splitlines()
}
GUARDED = sorted(route for route, roles in ALLOWED.items() if roles)

OWN_WORDS = {"day", "key", "field", "part", "tier", "step", "step_name", "token", "event", "variant"}
"""Parts of a path that name nothing of a company."""


def concrete(route: str, values: dict[str, str] | None = None) -> str:
    """The route with something in the place of its parameters."""
    method, path = route.split(" ")
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}")
            path = path.replace(part, (values or {}).get(name, "1"))
    return f"{method} {path}"
