"""The employees' API: log in, see the queue, take a conversation, write, settle it."""

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError

from connectors.assistant import excerpt
from connectors.citizen.router import bearer
from connectors.citizen.schemas import MessageOut, messages_out
from connectors.desk.schemas import (
    CloseIn,
    ConversationHead,
    ConversationView,
    DeskMessageIn,
    EmployeeOut,
    HandoverList,
    HandoverSummary,
    Holder,
    LogIn,
    MeOut,
    NoteIn,
    NoteOut,
    Overview,
    PresenceIn,
    PresenceOut,
    PresentOut,
    ReindexOut,
    ReindexRefused,
    SearchHit,
    SearchIn,
    SearchOut,
    SessionOut,
    TeamOut,
    TransferIn,
)
from connectors.errors import HandoverNotFound, InvalidInput, NotAllowed, NotAuthenticated, Problem, Unavailable
from connectors.handover.service import may_see
from connectors.knowledge_base import NotReady
from connectors.presence import Present
from connectors.record.employees import Employee
from connectors.record.handovers import Handover
from connectors.services import Services, ServicesIn, services_of
from knowledge.errors import ArticlesRefused
from nlu.text.normalise import clean

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 403, 404, 409, 413, 422, 429, 503)
}
router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=_PROBLEMS)
search_router = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"], responses=_PROBLEMS)

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


async def _employee(request: Request) -> Employee:
    employee = await services_of(request).employees.by_token(bearer(request))
    if employee is None:
        raise NotAuthenticated
    return employee


Me = Annotated[Employee, Depends(_employee)]


def summary_of(handover: Handover, services: Services) -> HandoverSummary:
    """A handover as a list shows it."""
    return HandoverSummary(
        id=handover.id,
        receipt=handover.receipt,
        conversation_id=handover.conversation_id,
        created_at=handover.created_at,
        state=handover.state,
        reason=handover.reason,
        urgency=handover.urgency,
        team=handover.team,
        team_name=services.municipality.team(handover.team).name,
        language=handover.language,
        question=handover.packet["question"],
        topics=handover.packet["topics"],
        employee=Holder(id=handover.employee_id, name=handover.employee_name or "") if handover.employee_id else None,
        contact=handover.contact,
        promised_by=handover.promised_by,
        outcome=handover.outcome,
        waiting_seconds=int(((handover.claimed_at or datetime.now(UTC)) - handover.created_at).total_seconds()),
    )


@router.post("/sessions", status_code=201)
async def log_in(services: ServicesIn, request: Request, body: LogIn) -> SessionOut:
    """Start a session."""
    host = request.client.host if request.client else ""
    services.limits.count("logins", f"{host} {body.username}")
    session = await services.employees.log_in(body.username, body.password, services.settings.session_lifetime)
    if session is None:
        raise NotAuthenticated("Brugernavn eller adgangskode er forkert.")
    token, employee = session
    await services.employees.note_access(employee.id, "log_in", "")
    return SessionOut(token=token, employee=_employee_out(employee))


@router.delete("/sessions", status_code=204)
async def log_out(services: ServicesIn, request: Request, employee: Me) -> Response:
    """End the session."""
    await services.employees.log_out(bearer(request))
    await _set_presence(services, employee, "offline")
    return Response(status_code=204)


@router.get("/me")
async def me(services: ServicesIn, employee: Me) -> MeOut:
    """Who is logged in."""
    teams = [TeamOut(slug=team.slug, name=team.name) for team in services.municipality.teams.values()]
    return MeOut(**_employee_out(employee).model_dump(), all_teams=teams)


@router.put("/presence")
async def set_presence(services: ServicesIn, employee: Me, body: PresenceIn) -> PresenceOut:
    """Say whether conversations can come."""
    await _set_presence(services, employee, body.status)
    await services.handover_store.renew(employee.id)
    await services.hub.publish("desk", {"type": "changed"})
    return PresenceOut(status=body.status)


@router.get("/handovers")
async def list_handovers(
    services: ServicesIn,
    employee: Me,
    state: Annotated[Literal["waiting", "active", "callback", "closed"], Query()] = "waiting",
) -> HandoverList:
    """Handovers of the employee's teams in one state; in ``active`` also what they hold from other teams."""
    found = await services.handover_store.in_state(state, teams=None)
    return HandoverList(handovers=[summary_of(h, services) for h in found if may_see(employee, h)])


@router.post("/handovers/{handover_id}/claim")
async def claim(services: ServicesIn, employee: Me, handover_id: Id) -> dict[str, Any]:
    """Take a waiting conversation and receive its packet; 409 when a colleague was first."""
    packet = await services.handovers.claim(handover_id, employee)
    await services.employees.note_access(employee.id, "claim", handover_id)
    return packet


@router.post("/handovers/{handover_id}/transfer")
async def transfer(services: ServicesIn, employee: Me, handover_id: Id, body: TransferIn) -> HandoverSummary:
    """Put it in another team's queue, or give it to a colleague who is there, with a note."""
    note = clean(body.note)
    if body.employee is not None:
        colleague = await services.employees.by_id(body.employee)
        present = {p.employee_id for p in await services.presence.everyone() if p.status == "available"}
        if colleague is None or colleague.id not in present:
            raise InvalidInput("Kollegaen er ikke ledig lige nu. Vælg et team i stedet.")
        passed = await services.handovers.pass_to(handover_id, employee, colleague=colleague, note=note)
        return summary_of(passed, services)
    if body.team is not None and body.team not in services.municipality.teams:
        raise InvalidInput(f"Der er intet team, der hedder {body.team}.")
    return summary_of(await services.handovers.transfer(handover_id, employee, team=body.team, note=note), services)


@router.post("/handovers/{handover_id}/return")
async def give_back(services: ServicesIn, employee: Me, handover_id: Id) -> HandoverSummary:
    """Hand the conversation back to the assistant."""
    return summary_of(await services.handovers.give_back(handover_id, employee), services)


@router.post("/handovers/{handover_id}/close")
async def close(services: ServicesIn, employee: Me, handover_id: Id, body: CloseIn) -> HandoverSummary:
    """End the conversation with an outcome."""
    return summary_of(
        await services.handovers.close(handover_id, employee, outcome=body.outcome, note=clean(body.note)), services
    )


@router.get("/conversations/{conversation_id}")
async def conversation(services: ServicesIn, employee: Me, conversation_id: Id) -> ConversationView:
    """A conversation with its packet and notes. Every reading is logged."""
    handover = await _handover_of(services, employee, conversation_id)
    await services.employees.note_access(employee.id, "read", conversation_id)
    head = await services.conversations.get(conversation_id)
    messages = await services.conversations.messages_after(conversation_id, 0)
    notes = await services.handover_store.notes(conversation_id)
    return ConversationView(
        conversation=ConversationHead(
            id=head.id, state=head.state, language=head.language, audience=head.audience, created_at=head.created_at
        ),
        handover=summary_of(handover, services),
        packet=await services.handovers.packet(handover),
        messages=messages_out(messages),
        notes=[NoteOut(employee_name=n.employee_name, at=n.at, text=n.text) for n in notes],
    )


@router.post("/conversations/{conversation_id}/messages", status_code=201)
async def write(services: ServicesIn, employee: Me, conversation_id: Id, body: DeskMessageIn) -> MessageOut:
    """Write to the citizen, as the employee."""
    await _handover_of(services, employee, conversation_id)
    text = clean(body.text)
    if not text:
        raise InvalidInput("Skriv en besked.")
    sources = [source.model_dump(mode="json") for source in body.sources]
    message = await services.handovers.write(
        conversation_id, employee, client_id=f"{employee.id}-{body.client_id}"[:64], text=text, sources=sources
    )
    return MessageOut.model_validate(message)


@router.post("/conversations/{conversation_id}/notes", status_code=201)
async def add_note(services: ServicesIn, employee: Me, conversation_id: Id, body: NoteIn) -> list[NoteOut]:
    """Add an internal note; all notes of the conversation come back."""
    await _handover_of(services, employee, conversation_id)
    text = clean(body.text)
    if not text:
        raise InvalidInput("Skriv et notat.")
    await services.handover_store.add_note(conversation_id, employee, text)
    await services.hub.publish("desk", {"type": "messages", "conversation_id": conversation_id})
    notes = await services.handover_store.notes(conversation_id)
    return [NoteOut(employee_name=n.employee_name, at=n.at, text=n.text) for n in notes]


@router.get("/overview")
async def overview(services: ServicesIn, employee: Me) -> Overview:
    """How things stand now."""
    waiting = [h for h in await services.handover_store.in_state("waiting", teams=None) if may_see(employee, h)]
    active = await services.handover_store.in_state("active", teams=None)
    callbacks = [h for h in await services.handover_store.in_state("callback", teams=None) if may_see(employee, h)]
    now = datetime.now(UTC)
    load = Counter(handover.employee_id for handover in active)
    present = await services.presence.everyone()
    return Overview(
        open=services.municipality.calendar.is_open(now),
        waiting=len(waiting),
        longest_wait_seconds=max((int((now - h.created_at).total_seconds()) for h in waiting), default=0),
        active=len([h for h in active if may_see(employee, h)]),
        callbacks=len(callbacks),
        present=[PresentOut(id=p.employee_id, name=p.name, status=p.status, load=load[p.employee_id]) for p in present],
    )


@search_router.post("/search")
async def search(services: ServicesIn, employee: Me, body: SearchIn) -> SearchOut:
    """Articles for a question, best first, with the passage that fits."""
    text = clean(body.query)
    if not text:
        raise InvalidInput("Skriv, hvad du leder efter.")
    try:
        hits = await services.knowledge.run(
            lambda answerer: answerer.search(text, body.language, body.k, body.audience)
        )
    except NotReady as error:
        raise Unavailable("Vidensbasen er ved at blive indlæst.") from error
    return SearchOut(
        results=[
            SearchHit(
                topic=hit.article.topic,
                title=hit.article.title,
                score=round(hit.probability, 4),
                passage=excerpt(hit.passage),
                article_url=(hit.article.self_service or hit.article.sources)[0].url,
            )
            for hit in hits
        ]
    )


@search_router.post("/reindex", responses={409: {"model": ReindexRefused}})
async def reindex(services: ServicesIn, employee: Me) -> Any:
    """Put the articles on disk in service; refused with every fault, and the last good index stays."""
    if employee.role not in ("supervisor", "editor"):
        raise NotAllowed("Kun en redaktør eller supervisor kan genindlæse artiklerne.")
    try:
        index = await services.knowledge.reindex()
    except ArticlesRefused as error:
        faults = [f"{f.path.parent.name}/{f.path.name}:{f.line}: {f.fault}" for f in error.faults]
        body = ReindexRefused(code="articles_refused", message=f"{len(faults)} fejl i artiklerne.", faults=faults)
        return JSONResponse(body.model_dump(), 409)
    except NotReady as error:
        raise Unavailable("Vidensbasen er ved at blive indlæst.") from error
    await services.employees.note_access(employee.id, "reindex", index.revision)
    return ReindexOut(revision=index.revision, articles=len(index.library.articles), training=not index.is_trained)


async def _handover_of(services: Services, employee: Employee, conversation_id: str) -> Handover:
    handover = await services.handover_store.of_conversation(conversation_id)
    if handover is None or not may_see(employee, handover):
        raise HandoverNotFound
    return handover


async def _set_presence(services: Services, employee: Employee, status: str) -> None:
    try:
        await services.presence.set(Present(employee.id, employee.name, status, employee.sees or ()))
    except (RedisError, OSError, TimeoutError) as error:
        raise Unavailable(
            "Status kan ikke gemmes lige nu. Den bliver sat, så snart forbindelsen er der igen."
        ) from error


def _employee_out(employee: Employee) -> EmployeeOut:
    return EmployeeOut(
        id=employee.id,
        username=employee.username,
        name=employee.name,
        role=employee.role,
        teams=list(employee.teams),
    )
