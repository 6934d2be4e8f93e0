"""Live news for the desk: what changed, never the content; the desk fetches that with its own rights."""

import asyncio
import contextlib
import json

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from connectors.citizen.live import PING_SECONDS, origin_is_allowed, read_frame, read_hello
from connectors.handover.service import may_see
from connectors.live import DESK, conversation_channel
from connectors.presence import Present
from connectors.record.employees import Employee
from connectors.services import Services, services_of

router = APIRouter()


@router.websocket("/api/v1/desk/live")
async def live(socket: WebSocket) -> None:
    """News while the desk is open; its heartbeat keeps presence and what the employee holds."""
    services = services_of(socket)
    if not origin_is_allowed(socket, services):
        await socket.close(1008)
        return
    await socket.accept()
    try:
        hello = await read_hello(socket)
        employee = await services.employees.by_token(hello["token"]) if hello else None
        if employee is None:
            await socket.close(4401)
            return
    except WebSocketDisconnect:
        return
    sender = asyncio.create_task(_send(socket, services, employee))
    try:
        await _receive(socket, services, employee)
    finally:
        sender.cancel()
        with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
            await sender


async def _send(socket: WebSocket, services: Services, employee: Employee) -> None:
    with services.hub.subscribe(DESK) as news:
        await socket.send_text(json.dumps({"type": "changed"}))
        while True:
            try:
                notice = await asyncio.wait_for(news.get(), PING_SECONDS)
            except TimeoutError:
                await socket.send_text(json.dumps({"type": "ping"}))
                continue
            if "conversation_id" in notice and not await _sees(services, employee, notice["conversation_id"]):
                continue
            frame = {key: notice[key] for key in ("type", "conversation_id") if key in notice}
            await socket.send_text(json.dumps(frame))


async def _sees(services: Services, employee: Employee, conversation_id: str) -> bool:
    handover = await services.handover_store.of_conversation(conversation_id)
    return handover is not None and may_see(employee, handover)


async def _receive(socket: WebSocket, services: Services, employee: Employee) -> None:
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            frame = await read_frame(socket) or {}
            if frame.get("type") == "heartbeat":
                await services.presence.beat(Present(employee.id, employee.name, "available", employee.sees or ()))
                await services.handover_store.renew(employee.id)
            elif frame.get("type") == "typing":
                await _typing(services, employee, str(frame.get("conversation_id", "")))


async def _typing(services: Services, employee: Employee, conversation_id: str) -> None:
    handover = await services.handover_store.of_conversation(conversation_id)
    if handover and handover.employee_id == employee.id and handover.state == "active":
        await services.hub.publish(conversation_channel(conversation_id), {"type": "typing", "speaker": "employee"})
