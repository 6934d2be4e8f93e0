"""The citizens' API. Every call but the first two needs the conversation's token."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import structlog
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, StreamingResponse
from sqlalchemy import insert

from connectors.citizen import service, transcript
from connectors.citizen.live import event_stream
from connectors.citizen.schemas import (
    CallbackIn,
    CallbackOut,
    ConfigOut,
    ConversationIn,
    ConversationOut,
    FeedbackIn,
    HandoverIn,
    HandoverOut,
    MessageIn,
    MessagesOut,
    ResumeIn,
    ResumeOut,
    StateOut,
    TurnOut,
    Waiting,
    messages_out,
)
from connectors.errors import ConversationClosed, NotAuthenticated, Problem
from connectors.live import DESK, conversation_channel
from connectors.record.tables import feedback
from connectors.services import Services, ServicesIn, services_of
from connectors.types import Conversation, Language, State
from connectors.wording import say
from nlu.text.normalise import clean
from nlu.text.personal_data import mask

log = structlog.get_logger(__name__)

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 404, 409, 413, 422, 429)
}
router = APIRouter(prefix="/api/v1", tags=["citizen"], responses=_PROBLEMS)

ConversationId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


def bearer(request: Request) -> str:
    """The token of the Authorization header.

    Raises:
        NotAuthenticated: If there is none.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise NotAuthenticated
    return token.strip()


async def _mine(conversation_id: ConversationId, request: Request) -> Conversation:
    return await services_of(request).conversations.authenticate(conversation_id, bearer(request))


Mine = Annotated[Conversation, Depends(_mine)]


@router.get("/config", responses={})
async def config(services: ServicesIn, language: Literal["da", "en"] = "da") -> ConfigOut:
    """Names, phone and opening hours, for the widget."""
    municipality = services.municipality
    return ConfigOut(
        name=municipality.name_in(language),
        phone=municipality.phone,
        phone_link="tel:+45" + municipality.phone.replace(" ", ""),
        website=municipality.website,
        privacy_notice=municipality.privacy_notice,
        open=municipality.calendar.is_open(datetime.now(UTC)),
        hours_text=hours_text(services, language),
        example=True,
        max_length=services.settings.max_message_length,
        notices=[],
    )


def hours_text(services: Services, language: Language) -> str:
    """When employees answer, in words."""
    calendar, now = services.municipality.calendar, datetime.now(UTC)
    if calendar.is_open(now):
        closes = calendar.closes_at(now)
        if closes is None:
            return say("hours_always", language)
        return say("hours_open", language, closes=calendar.describe(closes, language, now))
    opens = calendar.next_opening(now)
    return say("hours_closed", language, opens=calendar.describe(opens, language, now) if opens else "–")


@router.post("/conversations", status_code=201)
async def open_conversation(
    services: ServicesIn, request: Request, body: ConversationIn | None = None
) -> ConversationOut:
    """Start a conversation."""
    services.limits.count("conversations", request.client.host if request.client else "")
    body = body or ConversationIn()
    opened = await service.open_conversation(
        services, language=body.language, channel=body.channel, audience=body.audience
    )
    return ConversationOut(
        conversation_id=opened.conversation.id,
        token=opened.token,
        resume_code=opened.resume_code,
        state=opened.conversation.state,
        language=opened.conversation.language,
        messages=messages_out(opened.messages),
    )


@router.post("/resume")
async def resume(services: ServicesIn, request: Request, body: ResumeIn) -> ResumeOut:
    """Go on with a conversation on another device."""
    services.limits.count("logins", request.client.host if request.client else "")
    conversation, token = await services.conversations.resume(body.resume_code)
    return ResumeOut(
        conversation_id=conversation.id, token=token, state=conversation.state, language=conversation.language
    )


@router.post(
    "/conversations/{conversation_id}/messages",
    responses={202: {"model": TurnOut, "description": "Accepted; the replies come later."}},
)
async def send_message(
    services: ServicesIn,
    conversation: Mine,
    body: MessageIn,
    response: Response,
    wait: Annotated[float, Query(ge=0, le=60)] = 10,
) -> TurnOut:
    """Send a message; answers with the turn's replies, or 202 when ``wait`` seconds run out."""
    services.limits.count("messages", conversation.id)
    accepted = await service.accept(services, conversation, client_id=body.client_id, text=body.text)
    longest = min(wait, services.settings.max_wait.total_seconds())
    replies = await services.worker.wait_for(conversation.id, accepted.seq, longest)
    now = await services.conversations.get(conversation.id)
    if replies is None:
        response.status_code = 202
    return TurnOut(seq=accepted.seq, state=now.state, messages=messages_out(replies or []))


@router.get("/conversations/{conversation_id}/messages")
async def messages_after(
    services: ServicesIn, conversation: Mine, after: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> MessagesOut:
    """Messages with a ``seq`` above ``after``."""
    messages = await services.conversations.messages_after(conversation.id, after)
    waiting = await services.handovers.waiting(conversation)
    return MessagesOut(
        state=conversation.state,
        messages=messages_out(messages),
        waiting=Waiting(**waiting) if waiting else None,
    )


@router.get("/conversations/{conversation_id}/events")
async def events(
    services: ServicesIn, conversation: Mine, after: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> StreamingResponse:
    """Server-sent events with the same frames as the WebSocket, for where that is blocked."""
    stream = event_stream(services, conversation.id, after)
    return StreamingResponse(stream, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post("/conversations/{conversation_id}/handover")
async def request_handover(services: ServicesIn, conversation: Mine, body: HandoverIn | None = None) -> HandoverOut:
    """The button "Tal med en medarbejder"."""
    if conversation.state is State.CLOSED:
        raise ConversationClosed
    handover = await services.handovers.request(conversation, (body or HandoverIn()).as_reason())
    now = await services.conversations.get(conversation.id)
    messages = await services.conversations.messages_after(conversation.id, conversation.last_seq)
    return HandoverOut(state=now.state, receipt=handover.receipt if handover else None, messages=messages_out(messages))


@router.delete("/conversations/{conversation_id}/handover")
async def withdraw_handover(services: ServicesIn, conversation: Mine) -> StateOut:
    """Stop waiting."""
    await services.handovers.withdraw(conversation)
    return StateOut(state=(await services.conversations.get(conversation.id)).state)


@router.post("/conversations/{conversation_id}/callback", status_code=201)
async def request_callback(services: ServicesIn, conversation: Mine, body: CallbackIn) -> CallbackOut:
    """Leave a phone number or an e-mail address; gives a receipt and a date."""
    if conversation.state is State.CLOSED:
        raise ConversationClosed
    contact = service.contact_of(name=body.name, phone=body.phone, email=body.email, when=body.when)
    question = mask(clean(body.question)).text if body.question else None
    handover = await services.handovers.call_back(conversation, contact, question)
    messages = await services.conversations.messages_after(conversation.id, conversation.last_seq)
    now = await services.conversations.get(conversation.id)
    assert handover.promised_by is not None
    return CallbackOut(
        receipt=handover.receipt,
        promised_by=handover.promised_by.date(),
        state=now.state,
        messages=messages_out(messages),
    )


@router.post("/conversations/{conversation_id}/feedback", status_code=204)
async def give_feedback(services: ServicesIn, conversation: Mine, body: FeedbackIn) -> Response:
    """Rate the conversation."""
    comment = mask(clean(body.comment)).text
    async with services.database.write() as connection:
        await connection.execute(
            insert(feedback).values(
                conversation_id=conversation.id, at=datetime.now(UTC), rating=body.rating, comment=comment
            )
        )
    return Response(status_code=204)


@router.get("/conversations/{conversation_id}/transcript", response_class=Response)
async def get_transcript(
    services: ServicesIn,
    conversation: Mine,
    file_format: Annotated[Literal["html", "text"], Query(alias="format")] = "html",
) -> Response:
    """The citizen's own copy."""
    messages = await services.conversations.messages_after(conversation.id, 0)
    headers = {"Content-Disposition": f'attachment; filename="klara.{"html" if file_format == "html" else "txt"}"'}
    if file_format == "text":
        return PlainTextResponse(transcript.as_text(conversation, messages, services.municipality), headers=headers)
    return HTMLResponse(transcript.as_html(conversation, messages, services.municipality), headers=headers)


@router.post("/conversations/{conversation_id}/close")
async def close(services: ServicesIn, conversation: Mine) -> StateOut:
    """The citizen ends the conversation."""
    await service.end(services, conversation)
    return StateOut(state=(await services.conversations.get(conversation.id)).state)


@router.delete("/conversations/{conversation_id}", status_code=204)
async def erase(services: ServicesIn, conversation: Mine) -> Response:
    """Delete the conversation and everything that belongs to it."""
    await services.conversations.erase(conversation.id)
    await services.hub.publish(conversation_channel(conversation.id), {"type": "messages"})
    await services.hub.publish(DESK, {"type": "changed"})
    log.info("conversation_erased", conversation=conversation.id)
    return Response(status_code=204)
